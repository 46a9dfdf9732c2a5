-- For compose.yml: the passwords of both roles, from the files of the secrets.
\set owner `cat /run/secrets/db_owner_password`
\set app `cat /run/secrets/db_app_password`
ALTER ROLE willcall_owner PASSWORD :'owner';
ALTER ROLE willcall PASSWORD :'app';
