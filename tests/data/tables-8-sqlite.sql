-- The tables of version 8 of the embedded store, as the program wrote them that had no later ones.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE users (
        id         BLOB PRIMARY KEY,
        name       TEXT UNIQUE,
        full_name  TEXT NOT NULL,
        password   TEXT NOT NULL,
        blocked    INTEGER NOT NULL,
        created_ms INTEGER NOT NULL,
        version    INTEGER NOT NULL,
        removed_ms INTEGER
    , kind TEXT NOT NULL DEFAULT 'usr', basic_auth INTEGER NOT NULL DEFAULT 1, privileges TEXT NOT NULL DEFAULT '', generation INTEGER NOT NULL DEFAULT 1, password_version INTEGER NOT NULL DEFAULT 1, folded TEXT, must_change INTEGER NOT NULL DEFAULT 0, reset_hash BLOB, reset_until_ms INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO users VALUES(X'7d0160d06ef8d802c79d9e963f234269',NULL,'data store','',0,1795996669486,1,NULL,'prv',0,'',1,1,NULL,0,NULL,NULL);
INSERT INTO users VALUES(X'ad6bd3f876352b92ebd6c1ad240cdd5c',NULL,'','',1,1795996648241,2,1795996669607,'usr',1,'',1,1,NULL,0,NULL,NULL);
INSERT INTO users VALUES(X'ade8e985fab479061b03273fba3bc36c','alice','alice','$argon2id$v=19$m=19456,t=2,p=1$3CDJc7lZk2viGBO03LSqhQ$ib7rBH6Q8tHGaKZbd0TgrFLGMeocv3hqmtCSJeKXXng',0,1795996648089,2,NULL,'usr',1,'oz_users_create oz_users_list oz_users_view oz_users_update oz_users_delete oz_users_manage_passwords oz_tokens_manage zm_providers_create oz_providers_list oz_providers_view oz_providers_update oz_providers_delete zm_keys_manage zm_audit_view zm_metrics_view',1,1,NULL,0,NULL,NULL);
INSERT INTO users VALUES(X'fa67ee21cd14f83f005b0a7f5ee97fe2','bob','bob','$argon2id$v=19$m=19456,t=2,p=1$BsvZo7RFKaXNmc9ItVPvDQ$M8tVnK7D8n0csziAeBuLALYoJLLdPrrecsJD04F+GsU',1,1795996648160,2,NULL,'usr',1,'',1,1,NULL,0,NULL,NULL);
CREATE TABLE tokens (
        id         BLOB PRIMARY KEY,
        user       BLOB NOT NULL,
        key        BLOB NOT NULL,
        name       TEXT,
        caveats    TEXT NOT NULL,
        revoked_ms INTEGER
    , form TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL DEFAULT 'act', metadata TEXT, created_ms INTEGER, expires_s INTEGER, last_used_day INTEGER, sealed BLOB, deleted_ms INTEGER, parent BLOB, parent_generation INTEGER NOT NULL DEFAULT 0, last_use_minute INTEGER, last_use_network TEXT, last_use_service TEXT) STRICT, WITHOUT ROWID;
INSERT INTO tokens VALUES(X'01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02',X'ade8e985fab479061b03273fba3bc36c',X'b45caa4c8cc1552f',NULL,'time < 1827532661',NULL,'','act',NULL,NULL,1827532661,20786,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO tokens VALUES(X'01a229be36c292735e487bee588279ea7fc0',X'ade8e985fab479061b03273fba3bc36c',X'b45caa4c8cc1552f','child','time < 1827532661',NULL,'usr','act',NULL,NULL,1827532661,NULL,NULL,NULL,X'01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02',0,NULL,NULL,NULL);
INSERT INTO tokens VALUES(X'01a229be5639e80850ab6a82ca0dee318daf',X'7d0160d06ef8d802c79d9e963f234269',X'b45caa4c8cc1552f','service access','',NULL,'prv','act',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO tokens VALUES(X'01a229be563d277e1b42d61f78ddac3557a5',X'7d0160d06ef8d802c79d9e963f234269',X'b45caa4c8cc1552f','service identity','',NULL,'prv','idn',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO tokens VALUES(X'01a229be7edfed1b4080e26ac28650f8c767',X'7d0160d06ef8d802c79d9e963f234269',X'b45caa4c8cc1552f','nightly','time < 2111356679',NULL,'prv','act',NULL,NULL,2111356679,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL);
CREATE TABLE root_keys (
        id         BLOB PRIMARY KEY,
        sealed_by  BLOB NOT NULL,
        sealed     BLOB NOT NULL,
        created_ms INTEGER NOT NULL
    , retired_ms INTEGER, number INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO root_keys VALUES(X'b45caa4c8cc1552f',X'619817717d6702d6',X'4c3aa79bffc9ae8514df0805f15c7df4ff28ea18ae6c9b90036d0f0cbffbe00a0e3eb55b610e976aaca0e6270b96c682c180bc73077d32fa8f883fa8686cc09aa35da4392a521138',1795996648422,NULL,1);
CREATE TABLE changes (
        seq   INTEGER PRIMARY KEY AUTOINCREMENT,
        kind  TEXT NOT NULL,
        id    BLOB NOT NULL,
        at_ms INTEGER NOT NULL
    , hash BLOB) STRICT;
INSERT INTO changes VALUES(1,'user',X'ade8e985fab479061b03273fba3bc36c',1795996648089,X'a92592ad928b845e09b30059e04e036af31d958d9a53da503d8ac6888dea91a3');
INSERT INTO changes VALUES(2,'user',X'fa67ee21cd14f83f005b0a7f5ee97fe2',1795996648160,X'b11e7b440e17ca2a661bf766b573a0aa3a28e7f3e4a776b722c3bd601b3b477f');
INSERT INTO changes VALUES(3,'user',X'ad6bd3f876352b92ebd6c1ad240cdd5c',1795996648241,X'3e70a26cd3ea89ac9268ebbc5750f82c048e221cc4ad9bbfd3429237d90fbcfc');
INSERT INTO changes VALUES(4,'keys',X'',1795996648422,X'1c696bf8a81e8671ab2eceb65dbd2ccc581781e9fd107868b6f4334fc34781b8');
INSERT INTO changes VALUES(5,'user',X'7d0160d06ef8d802c79d9e963f234269',1795996669486,X'79bcd1b3870bd46db03430436c0466a0d64ee60a63e982b92d89c1131fcf757d');
INSERT INTO changes VALUES(6,'user',X'fa67ee21cd14f83f005b0a7f5ee97fe2',1795996669542,X'd1de39c0c91010f8ac76316d690048fe77ba0723c227c114c1a85c65259f1c4f');
INSERT INTO changes VALUES(7,'user',X'ade8e985fab479061b03273fba3bc36c',1795996669570,X'65600c519b2d4346a0910226777b3803a960aed571a30562335d55ff35af0bfa');
INSERT INTO changes VALUES(8,'user',X'ad6bd3f876352b92ebd6c1ad240cdd5c',1795996669607,X'aa0ea1d4ebd6d4471b699556ec09e9fc137c31ad6c3f93303b2585b62ff6f265');
CREATE TABLE audit (
        seq    INTEGER PRIMARY KEY,
        at_ms  INTEGER NOT NULL,
        action TEXT NOT NULL,
        actor  BLOB,
        user   BLOB,
        token  BLOB,
        hash   BLOB NOT NULL
    , note TEXT) STRICT;
INSERT INTO audit VALUES(1,1795996648089,'user.add',NULL,X'ade8e985fab479061b03273fba3bc36c',NULL,X'16d64d8ce354dbcda19ab831b19584394ccdc214e2773550ae12f578dfb9d52f','name=alice');
INSERT INTO audit VALUES(2,1795996648160,'user.add',NULL,X'fa67ee21cd14f83f005b0a7f5ee97fe2',NULL,X'6ab869e3bcc865d5646a06b1bd5965e587085b68b90b31a19fd22adc2559dcb3','name=bob');
INSERT INTO audit VALUES(3,1795996648241,'user.add',NULL,X'ad6bd3f876352b92ebd6c1ad240cdd5c',NULL,X'0ce1f74807969e730e3cb10e7309a7095fbbf371db6961ee13c611fe84a5a472','name=carol');
INSERT INTO audit VALUES(4,1795996648422,'key.add',NULL,NULL,NULL,X'03f01e78bbc44b91e6b5a367ed3a23e989ab97f867f78cb3ba25ad01f8cb0136','key=b45caa4c8cc1552f sealed_by=619817717d6702d6');
INSERT INTO audit VALUES(5,1795996661413,'token.mint',X'ade8e985fab479061b03273fba3bc36c',X'ade8e985fab479061b03273fba3bc36c',X'01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02',X'bbe24333916b3b654fcfe74f0313f99fd329b4476a5a9d255e9059c138f30dab',NULL);
INSERT INTO audit VALUES(6,1795996661442,'token.mint',X'ade8e985fab479061b03273fba3bc36c',X'ade8e985fab479061b03273fba3bc36c',X'01a229be36c292735e487bee588279ea7fc0',X'067945f6ee4f09dd55c78b8642948c176e505670345d042c3de04bd7da0b5a0c','minted_by=AaIpvjalviRACHhJdgMYPDpNHAWyOui5lEbtmdfKywI');
INSERT INTO audit VALUES(7,1795996661460,'token.temporary',X'ade8e985fab479061b03273fba3bc36c',X'ade8e985fab479061b03273fba3bc36c',X'01a229be36d4434697206fcc78ffda66a1f6',X'c94adc0932d2f8ca07744e70f568abe9541a4a9dace90c92970a97e673fdf7fc','minted_by=AaIpvjalviRACHhJdgMYPDpNHAWyOui5lEbtmdfKywI');
INSERT INTO audit VALUES(8,1795996669486,'user.add',NULL,X'7d0160d06ef8d802c79d9e963f234269',NULL,X'6d3b85b470feaaefcbb0f276c2993b23cbedc087589c26a74ff0d4a2232b4c21',NULL);
INSERT INTO audit VALUES(9,1795996669497,'token.mint',NULL,X'7d0160d06ef8d802c79d9e963f234269',X'01a229be5639e80850ab6a82ca0dee318daf',X'2cb92534b36332248ca91658309fad10a7c29495f463d8d56c74f9481bc1b930',NULL);
INSERT INTO audit VALUES(10,1795996669501,'token.mint',NULL,X'7d0160d06ef8d802c79d9e963f234269',X'01a229be563d277e1b42d61f78ddac3557a5',X'1f2713e45b610b39a1c57e1ef6121771d09272f24b527debb1e94c259bc0d486',NULL);
INSERT INTO audit VALUES(11,1795996669542,'user.block',NULL,X'fa67ee21cd14f83f005b0a7f5ee97fe2',NULL,X'5ec3b498e8b59666d044ca5fadeb765a3aa667606d416431697e8d593453ab7b',NULL);
INSERT INTO audit VALUES(12,1795996669570,'user.privileges',NULL,X'ade8e985fab479061b03273fba3bc36c',NULL,X'615268eaa8f51823c7e61c7982a7f5c74c15670b4c2b0e312d6542925167bf6e',NULL);
INSERT INTO audit VALUES(13,1795996669607,'user.remove',NULL,X'ad6bd3f876352b92ebd6c1ad240cdd5c',NULL,X'e52c4def0ae43ad39795e94010b464d250ed92effb88c208b11c7c5f46fb5af5','former_name=carol');
INSERT INTO audit VALUES(14,1795996679903,'token.mint',NULL,X'7d0160d06ef8d802c79d9e963f234269',X'01a229be7edfed1b4080e26ac28650f8c767',X'6c0c24ab4985e1e8f292ca0d396f5e1f1fb2e348dd597824d50723401e182e5d',NULL);
CREATE TABLE audit_elsewhere (
        chain  TEXT NOT NULL,
        seq    INTEGER NOT NULL,
        at_ms  INTEGER NOT NULL,
        action TEXT NOT NULL,
        actor  BLOB,
        user   BLOB,
        token  BLOB,
        hash   BLOB NOT NULL,
        note   TEXT,
        PRIMARY KEY (chain, seq)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE marks (
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE uses (
        owner BLOB NOT NULL,
        day   INTEGER NOT NULL,
        chain TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (owner, day, chain)
    ) STRICT, WITHOUT ROWID;
INSERT INTO uses VALUES(X'ade8e985fab479061b03273fba3bc36c',20786,'',2);
CREATE TABLE temporary_parents (
        parent            BLOB NOT NULL,
        parent_generation INTEGER NOT NULL,
        owner             BLOB NOT NULL,
        generation        INTEGER NOT NULL,
        PRIMARY KEY (parent, parent_generation, owner, generation)
    ) STRICT, WITHOUT ROWID;
INSERT INTO temporary_parents VALUES(X'01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02',0,X'ade8e985fab479061b03273fba3bc36c',1);
CREATE TABLE former_names (
        owner    BLOB NOT NULL,
        until_ms INTEGER NOT NULL,
        name     TEXT NOT NULL, folded TEXT,
        PRIMARY KEY (owner, until_ms, name)
    ) STRICT, WITHOUT ROWID;
INSERT INTO former_names VALUES(X'ad6bd3f876352b92ebd6c1ad240cdd5c',1795996669607,'carol',NULL);
CREATE TABLE known_addresses (
        owner   BLOB NOT NULL,
        address BLOB NOT NULL,
        seen_ms INTEGER NOT NULL,
        PRIMARY KEY (owner, address)
    ) STRICT, WITHOUT ROWID;
INSERT INTO known_addresses VALUES(X'ade8e985fab479061b03273fba3bc36c',X'8348d300cb9f56cdb41f722c276c57a8a7d80a78d04267768fe578efc5dda56d',1795996661404);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('changes',8);
CREATE INDEX tokens_by_user ON tokens (user, id);
CREATE INDEX users_in_order ON users (coalesce(name, ''), id) WHERE removed_ms IS NULL;
CREATE UNIQUE INDEX tokens_by_name ON tokens (user, name) WHERE name IS NOT NULL AND deleted_ms IS NULL;
CREATE INDEX tokens_named ON tokens (id) WHERE name IS NOT NULL AND deleted_ms IS NULL;
CREATE INDEX uses_by_day ON uses (day);
CREATE INDEX tokens_by_parent ON tokens (parent, parent_generation) WHERE parent IS NOT NULL;
CREATE INDEX former_names_by_name ON former_names (name);
CREATE UNIQUE INDEX users_by_folded ON users (folded);
CREATE INDEX former_names_by_folded ON former_names (folded);
CREATE UNIQUE INDEX users_by_reset ON users (reset_hash) WHERE reset_hash IS NOT NULL;
COMMIT;
PRAGMA user_version = 8;
