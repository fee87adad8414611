-- The tables of version 3 of the shared store, as the program wrote them that had no later ones.
CREATE TABLE public.audit (
    chain text NOT NULL,
    seq bigint NOT NULL,
    at_ms bigint NOT NULL,
    action text NOT NULL,
    actor bytea,
    "user" bytea,
    token bytea,
    note text,
    hash bytea NOT NULL
);

CREATE TABLE public.changes (
    chain text NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    id bytea NOT NULL,
    at_ms bigint NOT NULL
);

CREATE TABLE public.changing (
    owner bytea NOT NULL,
    chain text NOT NULL,
    until_ms bigint NOT NULL
);

CREATE TABLE public.former_names (
    owner bytea NOT NULL,
    until_ms bigint NOT NULL,
    name bytea NOT NULL
);

CREATE TABLE public.heads (
    chain text NOT NULL,
    audit_seq bigint NOT NULL,
    audit_hash bytea NOT NULL,
    change_seq bigint NOT NULL
);

CREATE TABLE public.known_addresses (
    owner bytea NOT NULL,
    address bytea NOT NULL,
    seen_ms bigint NOT NULL
);

CREATE TABLE public.marks (
    name text NOT NULL,
    value text NOT NULL
);

CREATE TABLE public.root_keys (
    id bytea NOT NULL,
    sealed_by bytea NOT NULL,
    sealed bytea NOT NULL,
    created_ms bigint NOT NULL,
    retired_ms bigint
);

CREATE TABLE public.schema_version (
    id smallint NOT NULL,
    version integer NOT NULL
);

CREATE TABLE public.temporary_parents (
    parent bytea NOT NULL,
    parent_generation bigint NOT NULL,
    owner bytea NOT NULL,
    generation bigint NOT NULL
);

CREATE TABLE public.tokens (
    shard smallint NOT NULL,
    id bytea NOT NULL,
    owner bytea NOT NULL,
    key bytea NOT NULL,
    name bytea,
    caveats text NOT NULL,
    revoked_ms bigint,
    form text NOT NULL,
    kind text NOT NULL,
    metadata text,
    created_ms bigint,
    expires_s bigint,
    last_used_day integer,
    sealed bytea,
    deleted_ms bigint,
    parent bytea,
    parent_generation bigint DEFAULT 0 NOT NULL
);

CREATE TABLE public.users (
    id bytea NOT NULL,
    name bytea,
    full_name text NOT NULL,
    password text NOT NULL,
    blocked boolean NOT NULL,
    created_ms bigint NOT NULL,
    version bigint NOT NULL,
    kind text NOT NULL,
    basic_auth boolean NOT NULL,
    privileges text NOT NULL,
    generation bigint NOT NULL,
    removed_ms bigint,
    password_version bigint DEFAULT 1 NOT NULL
);

CREATE TABLE public.uses (
    owner bytea NOT NULL,
    day integer NOT NULL,
    chain text NOT NULL,
    count bigint NOT NULL
);

INSERT INTO public.audit VALUES ('', 1, 1795938395032, 'user.add', NULL, '\x4845f3590d027b440b9f7a93ba6104f7', NULL, 'name=alice', '\xf5b77bba8f3a2da9ba55492aec2673a6d72f7f703fff680915bd6432727932fb');
INSERT INTO public.audit VALUES ('', 2, 1795938395108, 'user.add', NULL, '\x354b1b31636f56cf75e61e0bccbcd6a6', NULL, 'name=bob', '\x896f8fa04126a15fbf2e5f754c208afb06b9a63f8b10b7df193f3f5857c7e907');
INSERT INTO public.audit VALUES ('', 3, 1795938395191, 'user.add', NULL, '\x6afd1023c6ae5bfbc5aafcf29bea6621', NULL, 'name=carol', '\x72cd23a17b9a1074ffd8707f1fda6a30ebc2e4d83bf85bb75c380267170caffd');
INSERT INTO public.audit VALUES ('', 4, 1795938395284, 'key.add', NULL, NULL, NULL, 'key=8250dc79e2d27bd4 sealed_by=64f00ec56819ed3e', '\x4e48a9c1c8903e8760f19e287f1717ed338537f977b3f3a3a38745d1b861598e');
INSERT INTO public.audit VALUES ('', 5, 1795938406522, 'token.mint', '\x4845f3590d027b440b9f7a93ba6104f7', '\x4845f3590d027b440b9f7a93ba6104f7', '\x01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64', NULL, '\x8bc257ee6864c04bea0425606822ef6d45c4d54463ac06b39fb6a9906bbc02f1');
INSERT INTO public.audit VALUES ('', 6, 1795938406551, 'token.mint', '\x4845f3590d027b440b9f7a93ba6104f7', '\x4845f3590d027b440b9f7a93ba6104f7', '\x01a226455097e9b8fef65dcc97d380c0d1e6', 'minted_by=AaImRVB6AV7B8WZ03iqh0Z0si91U9Lmf6npTa6GCS2Q', '\x9459e0c376356b3bd5c02f8c07b6bf5e9510d8444487487b7614c8bf48d08414');
INSERT INTO public.audit VALUES ('', 7, 1795938406575, 'token.temporary', '\x4845f3590d027b440b9f7a93ba6104f7', '\x4845f3590d027b440b9f7a93ba6104f7', '\x01a2264550af5c2490e5e46e70be80be6a46', 'minted_by=AaImRVB6AV7B8WZ03iqh0Z0si91U9Lmf6npTa6GCS2Q', '\xfbe5c4744a0f02b5dfa9bb21923826c7ef655456cc7b513d5fbda71b0ac4797b');
INSERT INTO public.audit VALUES ('', 8, 1795938406615, 'user.add', NULL, '\xb38d4b7bd079eb071a3b68022a336b04', NULL, NULL, '\xb3399137a387f06457554966bb961271f62c824224e3b86b9f1b695c77d060f8');
INSERT INTO public.audit VALUES ('', 9, 1795938406617, 'token.mint', NULL, '\xb38d4b7bd079eb071a3b68022a336b04', '\x01a2264550d954550b311c14ebd0546128dc', NULL, '\x5cac57d0e4f25c545c42d4839ee4d5daac5655ef9bfc2a4ac392b63b17caa7ad');
INSERT INTO public.audit VALUES ('', 10, 1795938406618, 'token.mint', NULL, '\xb38d4b7bd079eb071a3b68022a336b04', '\x01a2264550daaf11041f1525643d9186a4fe', NULL, '\xa90cd02d278513896f0a9a660ab1f413ccc64ae71794cf916f8df90d3ae8273d');
INSERT INTO public.audit VALUES ('', 11, 1795938406660, 'token.mint', NULL, '\xb38d4b7bd079eb071a3b68022a336b04', '\x01a226455104cd4f794316ab6041b9f416f5', NULL, '\xca5f736f8a0d0493fee8190d14995cbfd3fe4f6b3930f14303e2940c155e58e6');
INSERT INTO public.audit VALUES ('', 12, 1795938406683, 'user.block', NULL, '\x354b1b31636f56cf75e61e0bccbcd6a6', NULL, NULL, '\xc1356c4f8623b75eb95b7ab4714ea14262077998213a1a1dbb025893c7f146cb');
INSERT INTO public.audit VALUES ('', 13, 1795938406706, 'user.privileges', NULL, '\x4845f3590d027b440b9f7a93ba6104f7', NULL, NULL, '\x2522ce2bda7660bf7052e42d51cfbd66a13385e39c1e304f6738488360198941');
INSERT INTO public.audit VALUES ('', 14, 1795938406728, 'user.remove', NULL, '\x6afd1023c6ae5bfbc5aafcf29bea6621', NULL, 'former_name=carol', '\x2b1665a54fbe3b866147866ee9d63cf8b3001980a31dbb67109cac62867e28b0');
INSERT INTO public.audit VALUES ('operator', 1, 1795938408133, 'store.copy', NULL, NULL, NULL, 'users=4 tokens=5 audit=14', '\xa2a4b638f93aebaa8738b5e0db7d1e77d220cc073e57723a15c21094e8b7c3b6');
INSERT INTO public.audit VALUES ('operator', 2, 1795938408268, 'user.privileges', NULL, '\x4845f3590d027b440b9f7a93ba6104f7', NULL, NULL, '\xeb2c8f883b13012d2cef1d853d6e2a89104663ec60281d62a980b5d3126cbee2');

INSERT INTO public.changes VALUES ('operator', 1, 'user', '\x4845f3590d027b440b9f7a93ba6104f7', 1795938408268);

INSERT INTO public.former_names VALUES ('\x6afd1023c6ae5bfbc5aafcf29bea6621', 1795938406728, '\x6361726f6c');

INSERT INTO public.heads VALUES ('', 14, '\x2b1665a54fbe3b866147866ee9d63cf8b3001980a31dbb67109cac62867e28b0', 0);
INSERT INTO public.heads VALUES ('operator', 2, '\xeb2c8f883b13012d2cef1d853d6e2a89104663ec60281d62a980b5d3126cbee2', 1);

INSERT INTO public.known_addresses VALUES ('\x4845f3590d027b440b9f7a93ba6104f7', '\x58e6e97bc90b5af96600dcd57bea5e210bfd919b2e1004be7ee57d24d3ea3d30', 1795938406520);

INSERT INTO public.root_keys VALUES ('\x8250dc79e2d27bd4', '\x64f00ec56819ed3e', '\xc0485450acd9488d6e953e6470b6b4c239b513c277d4ccec77a4ddc54459be109bdd6a3c6f76de7914212fa156bb68b870312fa4bd4fcba828acc96c3e80c1ecb932fd9c8b333a88', 1795938395284, NULL);

INSERT INTO public.schema_version VALUES (1, 3);

INSERT INTO public.temporary_parents VALUES ('\x01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64', 0, '\x4845f3590d027b440b9f7a93ba6104f7', 1);

INSERT INTO public.tokens VALUES (4, '\x01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64', '\x4845f3590d027b440b9f7a93ba6104f7', '\x8250dc79e2d27bd4', NULL, 'time < 1827474406', NULL, '', 'act', NULL, NULL, 1827474406, 20786, NULL, NULL, NULL, 0);
INSERT INTO public.tokens VALUES (6, '\x01a226455097e9b8fef65dcc97d380c0d1e6', '\x4845f3590d027b440b9f7a93ba6104f7', '\x8250dc79e2d27bd4', '\x6368696c64', 'time < 1827474406
time < 2111263127', NULL, 'usr', 'act', NULL, NULL, 1827474406, NULL, NULL, NULL, '\x01a22645507a015ec1f16674de2aa1d19d2c8bdd54f4b99fea7a536ba1824b64', 0);
INSERT INTO public.tokens VALUES (12, '\x01a2264550d954550b311c14ebd0546128dc', '\xb38d4b7bd079eb071a3b68022a336b04', '\x8250dc79e2d27bd4', '\x7365727669636520616363657373', '', NULL, 'prv', 'act', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.tokens VALUES (14, '\x01a2264550daaf11041f1525643d9186a4fe', '\xb38d4b7bd079eb071a3b68022a336b04', '\x8250dc79e2d27bd4', '\x73657276696365206964656e74697479', '', NULL, 'prv', 'idn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0);
INSERT INTO public.tokens VALUES (5, '\x01a226455104cd4f794316ab6041b9f416f5', '\xb38d4b7bd079eb071a3b68022a336b04', '\x8250dc79e2d27bd4', '\x6e696768746c79', 'time < 2111298406', NULL, 'prv', 'act', NULL, NULL, 2111298406, NULL, NULL, NULL, NULL, 0);

INSERT INTO public.users VALUES ('\x354b1b31636f56cf75e61e0bccbcd6a6', '\x626f62', 'bob', '$argon2id$v=19$m=19456,t=2,p=1$pRHnpfbD5QOJFFf4LOhrWQ$e0McnFI5DuSXHIUmvMJQfOm8Kl/75TtOADbmtg0Tw2Y', true, 1795938395108, 2, 'usr', true, '', 1, NULL, 1);
INSERT INTO public.users VALUES ('\x6afd1023c6ae5bfbc5aafcf29bea6621', NULL, '', '', true, 1795938395191, 2, 'usr', true, '', 1, 1795938406728, 1);
INSERT INTO public.users VALUES ('\xb38d4b7bd079eb071a3b68022a336b04', NULL, 'data store', '', false, 1795938406615, 1, 'prv', false, '', 1, NULL, 1);
INSERT INTO public.users VALUES ('\x4845f3590d027b440b9f7a93ba6104f7', '\x616c696365', 'alice', '$argon2id$v=19$m=19456,t=2,p=1$b0+QPdC+Oi5d8U9bdGcksA$l21lvS1Lz+6DNd1XdMTvi5SKbAz29fVKVR9ISv3+ywg', false, 1795938395032, 3, 'usr', true, 'oz_users_create oz_users_list oz_users_view oz_users_update oz_users_delete oz_users_manage_passwords oz_tokens_manage zm_providers_create oz_providers_list oz_providers_view oz_providers_update oz_providers_delete zm_keys_manage zm_audit_view', 1, NULL, 1);

INSERT INTO public.uses VALUES ('\x4845f3590d027b440b9f7a93ba6104f7', 20786, '', 2);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (chain, seq);

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (chain, seq);

ALTER TABLE ONLY public.changing
    ADD CONSTRAINT changing_pkey PRIMARY KEY (owner, chain);

ALTER TABLE ONLY public.former_names
    ADD CONSTRAINT former_names_pkey PRIMARY KEY (owner, until_ms, name);

ALTER TABLE ONLY public.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (chain);

ALTER TABLE ONLY public.known_addresses
    ADD CONSTRAINT known_addresses_pkey PRIMARY KEY (owner, address);

ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.root_keys
    ADD CONSTRAINT root_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.temporary_parents
    ADD CONSTRAINT temporary_parents_pkey PRIMARY KEY (parent, parent_generation, owner, generation);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.uses
    ADD CONSTRAINT uses_pkey PRIMARY KEY (owner, day, chain);

CREATE INDEX former_names_by_name ON public.former_names USING btree (name);

CREATE UNIQUE INDEX tokens_by_name ON public.tokens USING btree (owner, name) WHERE ((name IS NOT NULL) AND (deleted_ms IS NULL));

CREATE INDEX tokens_by_owner ON public.tokens USING btree (owner, id);

CREATE INDEX tokens_by_parent ON public.tokens USING btree (parent, parent_generation, id) WHERE (parent IS NOT NULL);

CREATE INDEX tokens_named ON public.tokens USING btree (shard, id) WHERE ((name IS NOT NULL) AND (deleted_ms IS NULL));

CREATE INDEX tokens_sealed ON public.tokens USING btree (shard, id) WHERE ((sealed IS NOT NULL) AND (deleted_ms IS NULL));

CREATE UNIQUE INDEX users_by_name ON public.users USING btree (name);

CREATE INDEX users_in_order ON public.users USING btree (COALESCE(name, '\x'::bytea), id) WHERE (removed_ms IS NULL);

CREATE INDEX uses_by_day ON public.uses USING btree (day, owner, chain);

