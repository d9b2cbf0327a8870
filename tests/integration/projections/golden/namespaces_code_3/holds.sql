-- Whether namespace $1 or, if $2, one below it holds anything that is not deleted.
SELECT EXISTS (
    SELECT FROM modelbox_views.namespaces
    WHERE (name = $1 OR ($2 AND starts_with(name, $1 || '/'))) AND models + experiments + datasets > 0
)
