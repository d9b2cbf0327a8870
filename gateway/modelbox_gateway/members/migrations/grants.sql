-- What the service may do with the list of gateway processes. Run at every start.

GRANT USAGE ON SCHEMA modelbox_gateway TO modelbox_service;
REVOKE ALL ON modelbox_gateway.members FROM modelbox_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON modelbox_gateway.members TO modelbox_service;
REVOKE ALL ON modelbox_gateway.claimed_users FROM modelbox_service;
GRANT SELECT, INSERT ON modelbox_gateway.claimed_users TO modelbox_service;
REVOKE ALL ON modelbox_gateway.artifact_store FROM modelbox_service;
GRANT SELECT, INSERT, UPDATE ON modelbox_gateway.artifact_store TO modelbox_service;
