-- The tables of version 2 of the shared store, as the program wrote them that had no later ones.
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

CREATE TABLE public.heads (
    chain text NOT NULL,
    audit_seq bigint NOT NULL,
    audit_hash bytea NOT NULL,
    change_seq bigint NOT NULL
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
    deleted_ms bigint
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
    removed_ms bigint
);

CREATE TABLE public.uses (
    owner bytea NOT NULL,
    day integer NOT NULL,
    chain text NOT NULL,
    count bigint NOT NULL
);

INSERT INTO public.audit VALUES ('', 1, 1795903127248, 'user.add', NULL, '\x5704b2e5464dac3ef28fd7460ab51524', NULL, NULL, '\xf457cd1a809e847f67fa6135123f9b076a40637692d2d9497bf9b5252ea95ff0');
INSERT INTO public.audit VALUES ('', 2, 1795903127329, 'user.add', NULL, '\x73bea12e7fe37f8aa4f3614e425c6d26', NULL, NULL, '\xa61359b8f8bf9c0175b25fa5d53bc20150f7a024f978414b1408901e243c3e96');
INSERT INTO public.audit VALUES ('', 3, 1795903127355, 'key.add', NULL, NULL, NULL, 'key=d8dc25b7d8273630 sealed_by=8f68f0c77b0f6c4c', '\x4660e2bb861df5d55d8a1712d43ebcb7964beb7b9e67906b9943515008c0ecbf');
INSERT INTO public.audit VALUES ('', 4, 1795903127357, 'user.add', NULL, '\xf64aef331cafe6e26dbd48f58e147b83', NULL, NULL, '\x2725ef1f49f01cbd7aeff216d9e3170f77dc779aa3711451373bd5d99769c544');
INSERT INTO public.audit VALUES ('', 5, 1795903127358, 'token.mint', NULL, '\xf64aef331cafe6e26dbd48f58e147b83', '\x01a2242aff3e9e468a1700aaf36a8b3e87e7', NULL, '\x7266bb02d844bd24c97a7701774c38ef469bbcd2eac788823d90905c22c6cbe8');
INSERT INTO public.audit VALUES ('', 6, 1795903127359, 'token.mint', NULL, '\xf64aef331cafe6e26dbd48f58e147b83', '\x01a2242aff3fb254b474b1e728475a893a6e', NULL, '\x2023b89da33210a3f509592fa62fecf7ea7dd167ce5570d299448c9ee173fa15');
INSERT INTO public.audit VALUES ('', 7, 1795903127372, 'token.mint', NULL, '\xf64aef331cafe6e26dbd48f58e147b83', '\x01a2242aff4cb1d0ab026b658a3d9d2988ab', NULL, '\x52ad4a5699ea6580c4948598d16ddfea2a037c7281e4751e8abf973c88694900');
INSERT INTO public.audit VALUES ('', 8, 1795903127391, 'user.block', NULL, '\x73bea12e7fe37f8aa4f3614e425c6d26', NULL, NULL, '\xc85ba59f0d7f10743969753bc3779537e63df5e1dcb527c2eb467475be0b348e');
INSERT INTO public.audit VALUES ('', 9, 1795903127405, 'user.privileges', NULL, '\x5704b2e5464dac3ef28fd7460ab51524', NULL, NULL, '\x3ba84559d89f2618ceac91237c8dce7417558b76aebc1653f4ff2ea1c6ddf271');
INSERT INTO public.audit VALUES ('', 10, 1795903127483, 'user.add', NULL, '\xd22e285fd34662135d200f47e3ae500d', NULL, NULL, '\x958f7b89178c406bb78eca1098d50c109c23b6b8995ddadc7cc4d479cda0a95f');
INSERT INTO public.audit VALUES ('', 11, 1795903127512, 'user.remove', NULL, '\xd22e285fd34662135d200f47e3ae500d', NULL, NULL, '\x442703435a5c9090be493208fd7fbb8e01ffbbad77cc117e17612f0b23f9d0bc');
INSERT INTO public.audit VALUES ('operator', 1, 1795903183594, 'store.copy', NULL, NULL, NULL, 'users=4 tokens=3 audit=11', '\xdb0c53b9c2ab7e10f422128e87687659b82d919e8ca227294bb097b6e2805562');

INSERT INTO public.heads VALUES ('', 11, '\x442703435a5c9090be493208fd7fbb8e01ffbbad77cc117e17612f0b23f9d0bc', 0);
INSERT INTO public.heads VALUES ('operator', 1, '\xdb0c53b9c2ab7e10f422128e87687659b82d919e8ca227294bb097b6e2805562', 0);

INSERT INTO public.root_keys VALUES ('\xd8dc25b7d8273630', '\x8f68f0c77b0f6c4c', '\xcf9063eb3597e10d965936691bd29df4d4b6e51bfbe979d56dd19242090fe4ba9383958a92d1c76f935b1990e38b3427cb83d251bbe9f8881fdf7a1133b639d06dc3f0d75df18258', 1795903127355, NULL);

INSERT INTO public.schema_version VALUES (1, 2);

INSERT INTO public.tokens VALUES (7, '\x01a2242aff3e9e468a1700aaf36a8b3e87e7', '\xf64aef331cafe6e26dbd48f58e147b83', '\xd8dc25b7d8273630', '\x7365727669636520616363657373', '', NULL, 'prv', 'act', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.tokens VALUES (14, '\x01a2242aff3fb254b474b1e728475a893a6e', '\xf64aef331cafe6e26dbd48f58e147b83', '\xd8dc25b7d8273630', '\x73657276696365206964656e74697479', '', NULL, 'prv', 'idn', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.tokens VALUES (11, '\x01a2242aff4cb1d0ab026b658a3d9d2988ab', '\xf64aef331cafe6e26dbd48f58e147b83', '\xd8dc25b7d8273630', '\x6e696768746c79', 'time < 2111263127', NULL, 'prv', 'act', NULL, NULL, 2111263127, NULL, NULL, NULL);

INSERT INTO public.users VALUES ('\x5704b2e5464dac3ef28fd7460ab51524', '\x616c696365', 'alice', '$argon2id$v=19$m=19456,t=2,p=1$ac95Kylw/70sBcBwpJ40Vg$GqknaXw3MuSQSMbT4PhVSaJOPPB4vgbOWEZyTSa/kTA', false, 1795903127248, 2, 'usr', true, 'oz_users_create oz_users_list oz_users_view oz_users_update oz_users_delete oz_users_manage_passwords oz_tokens_manage zm_providers_create oz_providers_list oz_providers_view oz_providers_update oz_providers_delete zm_keys_manage zm_audit_view zm_metrics_view', 1, NULL);
INSERT INTO public.users VALUES ('\x73bea12e7fe37f8aa4f3614e425c6d26', '\x626f62', 'bob', '$argon2id$v=19$m=19456,t=2,p=1$cSzFK0RgjV2us8FtXxBmYw$XHiuc1XU2KchLLB24Wko4sXeB6ZwRIOmiXctUkwBEQ8', true, 1795903127329, 2, 'usr', true, '', 1, NULL);
INSERT INTO public.users VALUES ('\xd22e285fd34662135d200f47e3ae500d', NULL, '', '', true, 1795903127483, 2, 'usr', true, '', 1, 1795903127512);
INSERT INTO public.users VALUES ('\xf64aef331cafe6e26dbd48f58e147b83', NULL, 'data store', '', false, 1795903127357, 1, 'prv', false, '', 1, NULL);

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (chain, seq);

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (chain, seq);

ALTER TABLE ONLY public.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (chain);

ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.root_keys
    ADD CONSTRAINT root_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (shard, id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.uses
    ADD CONSTRAINT uses_pkey PRIMARY KEY (owner, day, chain);

CREATE UNIQUE INDEX tokens_by_name ON public.tokens USING btree (owner, name) WHERE ((name IS NOT NULL) AND (deleted_ms IS NULL));

CREATE INDEX tokens_by_owner ON public.tokens USING btree (owner, id);

CREATE INDEX tokens_named ON public.tokens USING btree (shard, id) WHERE ((name IS NOT NULL) AND (deleted_ms IS NULL));

CREATE INDEX tokens_sealed ON public.tokens USING btree (shard, id) WHERE ((sealed IS NOT NULL) AND (deleted_ms IS NULL));

CREATE UNIQUE INDEX users_by_name ON public.users USING btree (name);

CREATE INDEX users_in_order ON public.users USING btree (COALESCE(name, '\x'::bytea), id) WHERE (removed_ms IS NULL);

CREATE INDEX uses_by_day ON public.uses USING btree (day, owner, chain);
