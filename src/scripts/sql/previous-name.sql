-- Prints the name that :db gets when the request :request replaces it.
SELECT CASE WHEN octet_length(:'db' || :'request') <= 55 THEN :'db' || '_before_' || :'request'
            ELSE 'before_' || md5(:'db' || ' ' || :'request') END;
