-- Prints the comment of the database in the file of the environment variable DEFINITION, which database.sql printed.
\set definition `cat "$DEFINITION"`
SELECT CAST(:'definition' AS jsonb) ->> 'comment';
