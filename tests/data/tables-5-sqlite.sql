-- The tables of version 5 of the embedded store, as the program wrote them that had no later ones.
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
    , kind TEXT NOT NULL DEFAULT 'usr', basic_auth INTEGER NOT NULL DEFAULT 1, privileges TEXT NOT NULL DEFAULT '', generation INTEGER NOT NULL DEFAULT 1, password_version INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID;
INSERT INTO users VALUES(X'354b1b31636f56cf75e61e0bccbcd6a6','bob','bob','$argon2id$v=19$m=19456,t=2,p=1$pRHnpfbD5QOJFFf4LOhrWQ$e0McnFI5DuSXHIUmvMJQfOm8Kl/75TtOADbmtg0Tw2Y',1,1795938395108,2,NULL,'usr',1,'',1,1);
INSERT INTO users VALUES(X'4845f3590d027b440b9f7a93ba6104f7','alice','alice','$argon2id$v=19$m=19456,t=2,p=1$b0+QPdC+Oi5d8U9bdGcksA$l21lvS1Lz+6DNd1XdMTvi5SKbAz29fVKVR9ISv3+ywg',0,1795938395032,2,NULL,'usr',1,'oz_users_create oz_users_list oz_users_view oz_users_update oz_users_delete oz_users_manage_passwords oz_tokens_manage zm_providers_create oz_providers_list oz_providers_view oz_providers_update oz_providers_delete zm_keys_manage zm_audit_view zm_metrics_view',1,1);
INSERT INTO users VALUES(X'6afd1023c6ae5bfbc5aafcf29bea6621',NULL,'','',1,1795938395191,2,1795938406728,'usr',1,'',1,1);
INSERT INTO users VALUES(X'b38d4b7bd079eb071a3b68022a336b04',NULL,'data store','',0,1795938406615,1,NULL,'prv',0,'',1,1);
CREATE TABLE tokens (
        id         BLOB PRIMARY KEY,
        user       BLOB NOT NULL,
        key        BLOB NOT NULL,
        name       TEXT,
        caveats    TEXT NOT NULL,
        revoked_ms INTEGER
    , form TEXT NOT NULL DEFAULT '', kind TEXT NOT NULL DEFAULT 'act', metadata TEXT, created_ms INTEGER, expires_s INTEGER, last_used_day INTEGER, sealed BLOB, deleted_ms INTEGER, parent BLOB, parent_generation INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
INSERT INTO tokens VALUES(X'01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64',X'4845f3590d027b440b9f7a93ba6104f7',X'8250dc79e2d27bd4',NULL,'time < 1827474406',NULL,'','act',NULL,NULL,1827474406,20786,NULL,NULL,NULL,0);
INSERT INTO tokens VALUES(X'01a226455097e9b8fef65dcc97d380c0d1e6',X'4845f3590d027b440b9f7a93ba6104f7',X'8250dc79e2d27bd4','child',replace('time < 1827474406\ntime < 2111263127','\n',char(10)),NULL,'usr','act',NULL,NULL,1827474406,NULL,NULL,NULL,X'01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64',0);
INSERT INTO tokens VALUES(X'01a2264550d954550b311c14ebd0546128dc',X'b38d4b7bd079eb071a3b68022a336b04',X'8250dc79e2d27bd4','service access','',NULL,'prv','act',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO tokens VALUES(X'01a2264550daaf11041f1525643d9186a4fe',X'b38d4b7bd079eb071a3b68022a336b04',X'8250dc79e2d27bd4','service identity','',NULL,'prv','idn',NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO tokens VALUES(X'01a226455104cd4f794316ab6041b9f416f5',X'b38d4b7bd079eb071a3b68022a336b04',X'8250dc79e2d27bd4','nightly','time < 2111298406',NULL,'prv','act',NULL,NULL,2111298406,NULL,NULL,NULL,NULL,0);
CREATE TABLE root_keys (
        id         BLOB PRIMARY KEY,
        sealed_by  BLOB NOT NULL,
        sealed     BLOB NOT NULL,
        created_ms INTEGER NOT NULL
    , retired_ms INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO root_keys VALUES(X'8250dc79e2d27bd4',X'64f00ec56819ed3e',X'c0485450acd9488d6e953e6470b6b4c239b513c277d4ccec77a4ddc54459be109bdd6a3c6f76de7914212fa156bb68b870312fa4bd4fcba828acc96c3e80c1ecb932fd9c8b333a88',1795938395284,NULL);
CREATE TABLE changes (
        seq   INTEGER PRIMARY KEY AUTOINCREMENT,
        kind  TEXT NOT NULL,
        id    BLOB NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT;
INSERT INTO changes VALUES(1,'user',X'4845f3590d027b440b9f7a93ba6104f7',1795938395032);
INSERT INTO changes VALUES(2,'user',X'354b1b31636f56cf75e61e0bccbcd6a6',1795938395108);
INSERT INTO changes VALUES(3,'user',X'6afd1023c6ae5bfbc5aafcf29bea6621',1795938395191);
INSERT INTO changes VALUES(4,'keys',X'',1795938395284);
INSERT INTO changes VALUES(5,'user',X'b38d4b7bd079eb071a3b68022a336b04',1795938406615);
INSERT INTO changes VALUES(6,'user',X'354b1b31636f56cf75e61e0bccbcd6a6',1795938406683);
INSERT INTO changes VALUES(7,'user',X'4845f3590d027b440b9f7a93ba6104f7',1795938406706);
INSERT INTO changes VALUES(8,'user',X'6afd1023c6ae5bfbc5aafcf29bea6621',1795938406728);
CREATE TABLE audit (
        seq    INTEGER PRIMARY KEY,
        at_ms  INTEGER NOT NULL,
        action TEXT NOT NULL,
        actor  BLOB,
        user   BLOB,
        token  BLOB,
        hash   BLOB NOT NULL
    , note TEXT) STRICT;
INSERT INTO audit VALUES(1,1795938395032,'user.add',NULL,X'4845f3590d027b440b9f7a93ba6104f7',NULL,X'f5b77bba8f3a2da9ba55492aec2673a6d72f7f703fff680915bd6432727932fb','name=alice');
INSERT INTO audit VALUES(2,1795938395108,'user.add',NULL,X'354b1b31636f56cf75e61e0bccbcd6a6',NULL,X'896f8fa04126a15fbf2e5f754c208afb06b9a63f8b10b7df193f3f5857c7e907','name=bob');
INSERT INTO audit VALUES(3,1795938395191,'user.add',NULL,X'6afd1023c6ae5bfbc5aafcf29bea6621',NULL,X'72cd23a17b9a1074ffd8707f1fda6a30ebc2e4d83bf85bb75c380267170caffd','name=carol');
INSERT INTO audit VALUES(4,1795938395284,'key.add',NULL,NULL,NULL,X'4e48a9c1c8903e8760f19e287f1717ed338537f977b3f3a3a38745d1b861598e','key=8250dc79e2d27bd4 sealed_by=64f00ec56819ed3e');
INSERT INTO audit VALUES(5,1795938406522,'token.mint',X'4845f3590d027b440b9f7a93ba6104f7',X'4845f3590d027b440b9f7a93ba6104f7',X'01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64',X'8bc257ee6864c04bea0425606822ef6d45c4d54463ac06b39fb6a9906bbc02f1',NULL);
INSERT INTO audit VALUES(6,1795938406551,'token.mint',X'4845f3590d027b440b9f7a93ba6104f7',X'4845f3590d027b440b9f7a93ba6104f7',X'01a226455097e9b8fef65dcc97d380c0d1e6',X'9459e0c376356b3bd5c02f8c07b6bf5e9510d8444487487b7614c8bf48d08414','minted_by=AaImRVB6AV7B8WZ03iqh0Z0si91U9Lmf6npTa6GCS2Q');
INSERT INTO audit VALUES(7,1795938406575,'token.temporary',X'4845f3590d027b440b9f7a93ba6104f7',X'4845f3590d027b440b9f7a93ba6104f7',X'01a2264550af5c2490e5e46e70be80be6a46',X'fbe5c4744a0f02b5dfa9bb21923826c7ef655456cc7b513d5fbda71b0ac4797b','minted_by=AaImRVB6AV7B8WZ03iqh0Z0si91U9Lmf6npTa6GCS2Q');
INSERT INTO audit VALUES(8,1795938406615,'user.add',NULL,X'b38d4b7bd079eb071a3b68022a336b04',NULL,X'b3399137a387f06457554966bb961271f62c824224e3b86b9f1b695c77d060f8',NULL);
INSERT INTO audit VALUES(9,1795938406617,'token.mint',NULL,X'b38d4b7bd079eb071a3b68022a336b04',X'01a2264550d954550b311c14ebd0546128dc',X'5cac57d0e4f25c545c42d4839ee4d5daac5655ef9bfc2a4ac392b63b17caa7ad',NULL);
INSERT INTO audit VALUES(10,1795938406618,'token.mint',NULL,X'b38d4b7bd079eb071a3b68022a336b04',X'01a2264550daaf11041f1525643d9186a4fe',X'a90cd02d278513896f0a9a660ab1f413ccc64ae71794cf916f8df90d3ae8273d',NULL);
INSERT INTO audit VALUES(11,1795938406660,'token.mint',NULL,X'b38d4b7bd079eb071a3b68022a336b04',X'01a226455104cd4f794316ab6041b9f416f5',X'ca5f736f8a0d0493fee8190d14995cbfd3fe4f6b3930f14303e2940c155e58e6',NULL);
INSERT INTO audit VALUES(12,1795938406683,'user.block',NULL,X'354b1b31636f56cf75e61e0bccbcd6a6',NULL,X'c1356c4f8623b75eb95b7ab4714ea14262077998213a1a1dbb025893c7f146cb',NULL);
INSERT INTO audit VALUES(13,1795938406706,'user.privileges',NULL,X'4845f3590d027b440b9f7a93ba6104f7',NULL,X'2522ce2bda7660bf7052e42d51cfbd66a13385e39c1e304f6738488360198941',NULL);
INSERT INTO audit VALUES(14,1795938406728,'user.remove',NULL,X'6afd1023c6ae5bfbc5aafcf29bea6621',NULL,X'2b1665a54fbe3b866147866ee9d63cf8b3001980a31dbb67109cac62867e28b0','former_name=carol');
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
INSERT INTO uses VALUES(X'4845f3590d027b440b9f7a93ba6104f7',20786,'',2);
CREATE TABLE temporary_parents (
        parent            BLOB NOT NULL,
        parent_generation INTEGER NOT NULL,
        owner             BLOB NOT NULL,
        generation        INTEGER NOT NULL,
        PRIMARY KEY (parent, parent_generation, owner, generation)
    ) STRICT, WITHOUT ROWID;
INSERT INTO temporary_parents VALUES(X'01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64',0,X'4845f3590d027b440b9f7a93ba6104f7',1);
CREATE TABLE former_names (
        owner    BLOB NOT NULL,
        until_ms INTEGER NOT NULL,
        name     TEXT NOT NULL,
        PRIMARY KEY (owner, until_ms, name)
    ) STRICT, WITHOUT ROWID;
INSERT INTO former_names VALUES(X'6afd1023c6ae5bfbc5aafcf29bea6621',1795938406728,'carol');
CREATE TABLE known_addresses (
        owner   BLOB NOT NULL,
        address BLOB NOT NULL,
        seen_ms INTEGER NOT NULL,
        PRIMARY KEY (owner, address)
    ) STRICT, WITHOUT ROWID;
INSERT INTO known_addresses VALUES(X'4845f3590d027b440b9f7a93ba6104f7',X'58e6e97bc90b5af96600dcd57bea5e210bfd919b2e1004be7ee57d24d3ea3d30',1795938406520);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('changes',8);
CREATE INDEX tokens_by_user ON tokens (user, id);
CREATE INDEX users_in_order ON users (coalesce(name, ''), id) WHERE removed_ms IS NULL;
CREATE UNIQUE INDEX tokens_by_name ON tokens (user, name) WHERE name IS NOT NULL AND deleted_ms IS NULL;
CREATE INDEX tokens_named ON tokens (id) WHERE name IS NOT NULL AND deleted_ms IS NULL;
CREATE INDEX uses_by_day ON uses (day);
CREATE INDEX tokens_by_parent ON tokens (parent, parent_generation) WHERE parent IS NOT NULL;
CREATE INDEX former_names_by_name ON former_names (name);
COMMIT;
PRAGMA user_version = 5;
