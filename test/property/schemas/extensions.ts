import type { Theme } from './draw';

export const extensions: Theme = {
  'types of extensions': (draw) => {
    draw.extension('citext', 'hstore', 'ltree', 'cube', 'seg', 'isn', 'intarray');
    const table = draw.name();
    return `
      CREATE TABLE ${table} (a citext UNIQUE, b hstore, c ltree, d cube, e seg, f isbn, g citext[] DEFAULT '{}', h int[]);
      INSERT INTO ${table} VALUES ('Abc', 'a=>"1 \\"2", b=>NULL', 'Top.x', '(1,2),(3,4)', '1 .. 2', '978-0-393-04002-9', '{x,NULL}', '{1,2}'), ('d', '', '', '(0)', '~5', NULL, NULL, NULL);
      CREATE INDEX ON ${table} USING gist (c);
      CREATE INDEX ON ${table} USING gin (h gin__int_ops);
      CREATE INDEX ON ${table} (lower(a::text)) WHERE a = 'X';`;
  },
  'what others may do with an extension': (draw) => {
    draw.extension('pgcrypto');
    return `
      ${draw.some([
        'REVOKE EXECUTE ON FUNCTION public.gen_salt(text) FROM PUBLIC;', `GRANT EXECUTE ON FUNCTION public.crypt(text, text) TO ${draw.role()} WITH GRANT OPTION;`,
        `COMMENT ON EXTENSION pgcrypto IS ${draw.text()};`,
      ]).join('\n')}
      CREATE TABLE ${draw.name()} (t text, h bytea GENERATED ALWAYS AS (public.digest(t, 'sha256')) STORED);`;
  },
};
