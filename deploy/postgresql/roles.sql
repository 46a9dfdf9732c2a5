-- Two roles, once, as a superuser in the new database: one changes tables, the other only uses them.
--
--   willcall_owner   `willcall migrate`, before each release
--   willcall         gateways, action servers, and all other commands
--
-- They have no passwords yet: `\password willcall` in psql sets one.
CREATE ROLE willcall_owner LOGIN;
CREATE ROLE willcall LOGIN;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO willcall_owner;
GRANT USAGE ON SCHEMA public TO willcall;
-- What willcall_owner will make. Not TRUNCATE: the audit can be added to, and nothing else.
ALTER DEFAULT PRIVILEGES FOR ROLE willcall_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO willcall;
ALTER DEFAULT PRIVILEGES FOR ROLE willcall_owner IN SCHEMA public
  GRANT USAGE, SELECT ON SEQUENCES TO willcall;
