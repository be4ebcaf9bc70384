-- Gives the database :side the name :db, which is free, and the comment :comment; both or nothing.
BEGIN\;
ALTER DATABASE :"side" RENAME TO :"db"\;
COMMENT ON DATABASE :"db" IS :'comment'\;
COMMIT;
