-- json, not jsonb: a value is kept as it was recorded. `number` is the value where it is a number, for comparisons.
CREATE TABLE hyperparameters (
    object_id uuid NOT NULL,
    name      text NOT NULL,
    value     json NOT NULL,
    number    double precision,
    PRIMARY KEY (object_id, name)
);
