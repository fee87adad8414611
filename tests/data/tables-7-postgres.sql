-- The tables of version 7 of the shared store, as the program wrote them that had no later ones.
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
    at_ms bigint NOT NULL,
    hash bytea
);

CREATE TABLE public.changing (
    owner bytea NOT NULL,
    chain text NOT NULL,
    until_ms bigint NOT NULL
);

CREATE TABLE public.former_names (
    owner bytea NOT NULL,
    until_ms bigint NOT NULL,
    name bytea NOT NULL,
    folded bytea
);

CREATE TABLE public.heads (
    chain text NOT NULL,
    audit_seq bigint NOT NULL,
    audit_hash bytea NOT NULL,
    change_seq bigint NOT NULL,
    change_hash bytea,
    hashed_seq bigint
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
    retired_ms bigint,
    number bigint
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
    parent_generation bigint DEFAULT 0 NOT NULL,
    last_use_minute integer,
    last_use_network text,
    last_use_service text
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
    password_version bigint DEFAULT 1 NOT NULL,
    folded bytea,
    must_change boolean DEFAULT false NOT NULL,
    reset_hash bytea,
    reset_until_ms bigint
);

CREATE TABLE public.uses (
    owner bytea NOT NULL,
    day integer NOT NULL,
    chain text NOT NULL,
    count bigint NOT NULL
);

INSERT INTO public.audit VALUES ('', 1, 1795996648089, 'user.add', NULL, '\xade8e985fab479061b03273fba3bc36c', NULL, 'name=alice', '\x16d64d8ce354dbcda19ab831b19584394ccdc214e2773550ae12f578dfb9d52f');
INSERT INTO public.audit VALUES ('', 2, 1795996648160, 'user.add', NULL, '\xfa67ee21cd14f83f005b0a7f5ee97fe2', NULL, 'name=bob', '\x6ab869e3bcc865d5646a06b1bd5965e587085b68b90b31a19fd22adc2559dcb3');
INSERT INTO public.audit VALUES ('', 3, 1795996648241, 'user.add', NULL, '\xad6bd3f876352b92ebd6c1ad240cdd5c', NULL, 'name=carol', '\x0ce1f74807969e730e3cb10e7309a7095fbbf371db6961ee13c611fe84a5a472');
INSERT INTO public.audit VALUES ('', 4, 1795996648422, 'key.add', NULL, NULL, NULL, 'key=b45caa4c8cc1552f sealed_by=619817717d6702d6', '\x03f01e78bbc44b91e6b5a367ed3a23e989ab97f867f78cb3ba25ad01f8cb0136');
INSERT INTO public.audit VALUES ('', 5, 1795996661413, 'token.mint', '\xade8e985fab479061b03273fba3bc36c', '\xade8e985fab479061b03273fba3bc36c', '\x01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02', NULL, '\xbbe24333916b3b654fcfe74f0313f99fd329b4476a5a9d255e9059c138f30dab');
INSERT INTO public.audit VALUES ('', 6, 1795996661442, 'token.mint', '\xade8e985fab479061b03273fba3bc36c', '\xade8e985fab479061b03273fba3bc36c', '\x01a229be36c292735e487bee588279ea7fc0', 'minted_by=AaIpvjalviRACHhJdgMYPDpNHAWyOui5lEbtmdfKywI', '\x067945f6ee4f09dd55c78b8642948c176e505670345d042c3de04bd7da0b5a0c');
INSERT INTO public.audit VALUES ('', 7, 1795996661460, 'token.temporary', '\xade8e985fab479061b03273fba3bc36c', '\xade8e985fab479061b03273fba3bc36c', '\x01a229be36d4434697206fcc78ffda66a1f6', 'minted_by=AaIpvjalviRACHhJdgMYPDpNHAWyOui5lEbtmdfKywI', '\xc94adc0932d2f8ca07744e70f568abe9541a4a9dace90c92970a97e673fdf7fc');
INSERT INTO public.audit VALUES ('', 8, 1795996669486, 'user.add', NULL, '\x7d0160d06ef8d802c79d9e963f234269', NULL, NULL, '\x6d3b85b470feaaefcbb0f276c2993b23cbedc087589c26a74ff0d4a2232b4c21');
INSERT INTO public.audit VALUES ('', 9, 1795996669497, 'token.mint', NULL, '\x7d0160d06ef8d802c79d9e963f234269', '\x01a229be5639e80850ab6a82ca0dee318daf', NULL, '\x2cb92534b36332248ca91658309fad10a7c29495f463d8d56c74f9481bc1b930');
INSERT INTO public.audit VALUES ('', 10, 1795996669501, 'token.mint', NULL, '\x7d0160d06ef8d802c79d9e963f234269', '\x01a229be563d277e1b42d61f78ddac3557a5', NULL, '\x1f2713e45b610b39a1c57e1ef6121771d09272f24b527debb1e94c259bc0d486');
INSERT INTO public.audit VALUES ('', 11, 1795996669542, 'user.block', NULL, '\xfa67ee21cd14f83f005b0a7f5ee97fe2', NULL, NULL, '\x5ec3b498e8b59666d044ca5fadeb765a3aa667606d416431697e8d593453ab7b');
INSERT INTO public.audit VALUES ('', 12, 1795996669570, 'user.privileges', NULL, '\xade8e985fab479061b03273fba3bc36c', NULL, NULL, '\x615268eaa8f51823c7e61c7982a7f5c74c15670b4c2b0e312d6542925167bf6e');
INSERT INTO public.audit VALUES ('', 13, 1795996669607, 'user.remove', NULL, '\xad6bd3f876352b92ebd6c1ad240cdd5c', NULL, 'former_name=carol', '\xe52c4def0ae43ad39795e94010b464d250ed92effb88c208b11c7c5f46fb5af5');
INSERT INTO public.audit VALUES ('', 14, 1795996679903, 'token.mint', NULL, '\x7d0160d06ef8d802c79d9e963f234269', '\x01a229be7edfed1b4080e26ac28650f8c767', NULL, '\x6c0c24ab4985e1e8f292ca0d396f5e1f1fb2e348dd597824d50723401e182e5d');
INSERT INTO public.audit VALUES ('operator', 1, 1795996684538, 'store.copy', NULL, NULL, NULL, 'users=4 tokens=5 audit=14', '\x825c74c23e7e68c793c716e3df6165adc5a458772bacca66e41318f72cc87732');
INSERT INTO public.audit VALUES ('operator', 2, 1795996696318, 'user.privileges', NULL, '\xade8e985fab479061b03273fba3bc36c', NULL, NULL, '\xcd43c00d5fd76c28d472891c460680caefcb0e9aca8a44c7fdde63d822cb80f6');

INSERT INTO public.changes VALUES ('operator', 1, 'user', '\xade8e985fab479061b03273fba3bc36c', 1795996696318, '\xfed26f8f888cbbd7542621623f973a13f2223a14d69be597fe826d5e478107a3');

INSERT INTO public.former_names VALUES ('\xad6bd3f876352b92ebd6c1ad240cdd5c', 1795996669607, '\x6361726f6c', NULL);

INSERT INTO public.heads VALUES ('', 14, '\x6c0c24ab4985e1e8f292ca0d396f5e1f1fb2e348dd597824d50723401e182e5d', 0, NULL, NULL);
INSERT INTO public.heads VALUES ('operator', 2, '\xcd43c00d5fd76c28d472891c460680caefcb0e9aca8a44c7fdde63d822cb80f6', 1, '\xfed26f8f888cbbd7542621623f973a13f2223a14d69be597fe826d5e478107a3', 1);

INSERT INTO public.known_addresses VALUES ('\xade8e985fab479061b03273fba3bc36c', '\x8348d300cb9f56cdb41f722c276c57a8a7d80a78d04267768fe578efc5dda56d', 1795996661404);

INSERT INTO public.root_keys VALUES ('\xb45caa4c8cc1552f', '\x619817717d6702d6', '\x4c3aa79bffc9ae8514df0805f15c7df4ff28ea18ae6c9b90036d0f0cbffbe00a0e3eb55b610e976aaca0e6270b96c682c180bc73077d32fa8f883fa8686cc09aa35da4392a521138', 1795996648422, NULL, 1);

INSERT INTO public.schema_version VALUES (1, 7);

INSERT INTO public.temporary_parents VALUES ('\x01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02', 0, '\xade8e985fab479061b03273fba3bc36c', 1);

INSERT INTO public.tokens VALUES (2, '\x01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02', '\xade8e985fab479061b03273fba3bc36c', '\xb45caa4c8cc1552f', NULL, 'time < 1827532661', NULL, '', 'act', NULL, NULL, 1827532661, 20786, NULL, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO public.tokens VALUES (0, '\x01a229be36c292735e487bee588279ea7fc0', '\xade8e985fab479061b03273fba3bc36c', '\xb45caa4c8cc1552f', '\x6368696c64', 'time < 1827532661', NULL, 'usr', 'act', NULL, NULL, 1827532661, NULL, NULL, NULL, '\x01a229be36a5be24400878497603183c3a4d1c05b23ae8b99446ed99d7cacb02', 0, NULL, NULL, NULL);
INSERT INTO public.tokens VALUES (15, '\x01a229be5639e80850ab6a82ca0dee318daf', '\x7d0160d06ef8d802c79d9e963f234269', '\xb45caa4c8cc1552f', '\x7365727669636520616363657373', '', NULL, 'prv', 'act', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO public.tokens VALUES (5, '\x01a229be563d277e1b42d61f78ddac3557a5', '\x7d0160d06ef8d802c79d9e963f234269', '\xb45caa4c8cc1552f', '\x73657276696365206964656e74697479', '', NULL, 'prv', 'idn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL);
INSERT INTO public.tokens VALUES (7, '\x01a229be7edfed1b4080e26ac28650f8c767', '\x7d0160d06ef8d802c79d9e963f234269', '\xb45caa4c8cc1552f', '\x6e696768746c79', 'time < 2111356679', NULL, 'prv', 'act', NULL, NULL, 2111356679, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL);

INSERT INTO public.users VALUES ('\x7d0160d06ef8d802c79d9e963f234269', NULL, 'data store', '', false, 1795996669486, 1, 'prv', false, '', 1, NULL, 1, NULL, false, NULL, NULL);
INSERT INTO public.users VALUES ('\xad6bd3f876352b92ebd6c1ad240cdd5c', NULL, '', '', true, 1795996648241, 2, 'usr', true, '', 1, 1795996669607, 1, NULL, false, NULL, NULL);
INSERT INTO public.users VALUES ('\xfa67ee21cd14f83f005b0a7f5ee97fe2', '\x626f62', 'bob', '$argon2id$v=19$m=19456,t=2,p=1$BsvZo7RFKaXNmc9ItVPvDQ$M8tVnK7D8n0csziAeBuLALYoJLLdPrrecsJD04F+GsU', true, 1795996648160, 2, 'usr', true, '', 1, NULL, 1, NULL, false, NULL, NULL);
INSERT INTO public.users VALUES ('\xade8e985fab479061b03273fba3bc36c', '\x616c696365', 'alice', '$argon2id$v=19$m=19456,t=2,p=1$3CDJc7lZk2viGBO03LSqhQ$ib7rBH6Q8tHGaKZbd0TgrFLGMeocv3hqmtCSJeKXXng', false, 1795996648089, 3, 'usr', true, 'oz_users_create oz_users_list oz_users_view oz_users_update oz_users_delete oz_users_manage_passwords oz_tokens_manage zm_providers_create oz_providers_list oz_providers_view oz_providers_update oz_providers_delete zm_keys_manage zm_audit_view', 1, NULL, 1, NULL, false, NULL, NULL);

INSERT INTO public.uses VALUES ('\xade8e985fab479061b03273fba3bc36c', 20786, '', 2);

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

CREATE INDEX former_names_by_folded ON public.former_names USING btree (folded);

CREATE INDEX former_names_by_name ON public.former_names USING btree (name);

CREATE UNIQUE INDEX tokens_by_name ON public.tokens USING btree (owner, name) WHERE ((name IS NOT NULL) AND (deleted_ms IS NULL));

CREATE INDEX tokens_by_owner ON public.tokens USING btree (owner, id);

CREATE INDEX tokens_by_parent ON public.tokens USING btree (parent, parent_generation, id) WHERE (parent IS NOT NULL);

CREATE INDEX tokens_named ON public.tokens USING btree (shard, id) WHERE ((name IS NOT NULL) AND (deleted_ms IS NULL));

CREATE INDEX tokens_sealed ON public.tokens USING btree (shard, id) WHERE ((sealed IS NOT NULL) AND (deleted_ms IS NULL));

CREATE UNIQUE INDEX users_by_folded ON public.users USING btree (folded);

CREATE UNIQUE INDEX users_by_name ON public.users USING btree (name);

CREATE UNIQUE INDEX users_by_reset ON public.users USING btree (reset_hash) WHERE (reset_hash IS NOT NULL);

CREATE INDEX users_in_order ON public.users USING btree (COALESCE(name, '\x'::bytea), id) WHERE (removed_ms IS NULL);

CREATE INDEX uses_by_day ON public.uses USING btree (day, owner, chain);

