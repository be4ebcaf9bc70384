-- Prints the comment of the database that the file of the environment variable DEFINITION describes, as database.sql prints it.
\set definition `cat "$DEFINITION"`
SELECT CAST(:'definition' AS jsonb) ->> 'comment';
