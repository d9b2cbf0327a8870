-- Whether namespace $1 or, if $2, one below it holds anything of the kinds $3 that is not deleted.
SELECT EXISTS (
    SELECT FROM modelbox_views.namespace_counts
    WHERE (name = $1 OR ($2 AND starts_with(name, $1 || '/'))) AND kind = ANY ($3::text[]) AND objects > 0
)
