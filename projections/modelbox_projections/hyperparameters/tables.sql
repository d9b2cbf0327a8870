-- `position` is where the value was written. It is in the key because it grows: a fold finds the row without passing
-- those that it was before, which a dump or a check may keep in place for hours.
-- json, not jsonb: a value is kept as it was recorded. `number` is the value where it is a number, for comparisons.
CREATE TABLE hyperparameters (
    object_id uuid NOT NULL,
    name      text NOT NULL,
    value     json NOT NULL,
    number    double precision,
    position  bigint NOT NULL,
    PRIMARY KEY (object_id, name, position)
);
-- A search that asks for a name reads those who have it; one that compares numbers only those that match.
CREATE INDEX ON hyperparameters (name, number);
-- How often which name has which value, so that Postgres begins a search with what is rare.
CREATE STATISTICS hyperparameter_values (mcv) ON name, (value #>> '{}') FROM hyperparameters;
