-- Gives the database :staging the name :db, which is free, and the comment :comment; both or nothing.
BEGIN\;
ALTER DATABASE :"staging" RENAME TO :"db"\;
COMMENT ON DATABASE :"db" IS :'comment'\;
COMMIT;
