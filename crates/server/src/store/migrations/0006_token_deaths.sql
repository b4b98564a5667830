-- Counts what may have killed a living token: a revocation, something deleted, a call button changed. Who knows the count knows
-- whether what it has found out about tokens still holds. Triggers, so that no way of writing is forgotten.
CREATE TABLE token_deaths (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch BIGINT NOT NULL
);

INSERT INTO token_deaths (one, epoch) VALUES (1, 1);

-- The count when it was written: those after a known one are the new ones, whatever the clocks of their writers said.
ALTER TABLE revocations ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

CREATE INDEX revocations_by_epoch ON revocations (epoch);

CREATE TRIGGER revocation_written AFTER INSERT ON revocations BEGIN
    UPDATE token_deaths SET epoch = epoch + 1;
    UPDATE revocations SET epoch = (SELECT epoch FROM token_deaths) WHERE kind = NEW.kind AND id = NEW.id;
END;

CREATE TRIGGER revocation_renewed AFTER UPDATE OF up_to ON revocations BEGIN
    UPDATE token_deaths SET epoch = epoch + 1;
    UPDATE revocations SET epoch = (SELECT epoch FROM token_deaths) WHERE kind = NEW.kind AND id = NEW.id;
END;

CREATE TRIGGER resource_deleted AFTER DELETE ON resources BEGIN
    UPDATE token_deaths SET epoch = epoch + 1;
END;

CREATE TRIGGER button_changed AFTER UPDATE OF details ON resources WHEN NEW.kind = 'click_to_call' BEGIN
    UPDATE token_deaths SET epoch = epoch + 1;
END;

CREATE TRIGGER project_deleted AFTER DELETE ON projects BEGIN
    UPDATE token_deaths SET epoch = epoch + 1;
END;
