-- From here on, equal values and expressions have equal texts, with any settings of the database or the role.
SELECT set_config(name, value, false)
  FROM (VALUES ('TimeZone', 'UTC'), ('DateStyle', 'ISO'), ('IntervalStyle', 'postgres'), ('bytea_output', 'hex'),
               ('extra_float_digits', '1'), ('xmloption', 'content'), ('lc_monetary', 'C')) AS text_of_values (name, value) \g /dev/null
