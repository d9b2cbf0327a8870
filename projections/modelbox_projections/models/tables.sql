-- What is known of each model.
CREATE UNIQUE INDEX ON objects (namespace, name);
