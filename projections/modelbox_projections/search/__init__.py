"""Search: which objects of a kind match a filter, in which order, page by page.

A filter and an order are parsed (`tokens`, `parser`) to what `syntax` describes; `kinds` says which fields a kind has
and where their values are; `conditions` and `statement` put SQL together from fixed fragments and numbered parameters;
`queries` runs it.
"""
