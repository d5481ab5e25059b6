-- Actions that are asked for under a key are the same action, whenever they are asked for.

ALTER TABLE actions
    ADD COLUMN command_id     uuid NOT NULL, -- the command that it was first asked by
    ADD COLUMN correlation_id uuid,
    ADD COLUMN fingerprint    text NOT NULL; -- of what was asked
