-- The same reservation as a careful team would write it for PostgreSQL: one stored procedure, one
-- round trip, row locks in one order, the nearest shelf that holds a line, primary before back.
CREATE TABLE facility (id int PRIMARY KEY, lat float8 NOT NULL, lon float8 NOT NULL);
CREATE TABLE stock (
  item int, facility int REFERENCES facility, tier smallint,
  on_hand bigint NOT NULL, reserved bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (item, facility, tier), CHECK (reserved BETWEEN 0 AND on_hand)
);
CREATE TABLE placed (
  id uuid PRIMARY KEY, lat float8 NOT NULL, lon float8 NOT NULL, at timestamptz NOT NULL,
  status text NOT NULL
);
CREATE TABLE reservation (
  placed uuid, line smallint, item int NOT NULL, facility int NOT NULL, tier smallint NOT NULL,
  quantity bigint NOT NULL, PRIMARY KEY (placed, line)
);
CREATE TABLE outbox (sequence bigserial PRIMARY KEY, placed uuid NOT NULL, event text NOT NULL);

-- Great-circle distance up to its factor: only the order of distances counts.
CREATE FUNCTION apart(a_lat float8, a_lon float8, b_lat float8, b_lon float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  power(sind((b_lat - a_lat) / 2), 2)
  + cosd(a_lat) * cosd(b_lat) * power(sind((b_lon - a_lon) / 2), 2);

-- `items` ascends, so that two orders lock their rows in one order.
CREATE FUNCTION place(id uuid, lat float8, lon float8, items int[], units int[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  shelf record;
BEGIN
  INSERT INTO placed VALUES (place.id, place.lat, place.lon, now(), 'confirmed')
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN (SELECT status FROM placed WHERE placed.id = place.id);
  END IF;
  FOR line IN 1 .. array_length(items, 1) LOOP
    SELECT s.facility, s.tier INTO shelf
      FROM stock s JOIN facility f ON f.id = s.facility
      WHERE s.item = items[line] AND s.on_hand - s.reserved >= units[line]
      ORDER BY s.tier, apart(place.lat, place.lon, f.lat, f.lon)
      LIMIT 1 FOR UPDATE OF s;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'item % is short', items[line];
    END IF;
    UPDATE stock SET reserved = reserved + units[line]
      WHERE item = items[line] AND facility = shelf.facility AND tier = shelf.tier;
    INSERT INTO reservation
      VALUES (place.id, line, items[line], shelf.facility, shelf.tier, units[line]);
  END LOOP;
  INSERT INTO outbox (placed, event) VALUES (place.id, 'OrderPlaced'), (place.id, 'OrderConfirmed');
  RETURN 'confirmed';
END $$;

-- What must hold afterwards: whatever is reserved is somebody's, and every order has its lines.
CREATE VIEW wrong AS
  SELECT 'reserved' AS what
    WHERE (SELECT sum(reserved) FROM stock) IS DISTINCT FROM
      (SELECT coalesce(sum(quantity), 0) FROM reservation)
  UNION ALL SELECT 'an order without lines'
    WHERE EXISTS (SELECT FROM placed p
      WHERE NOT EXISTS (SELECT FROM reservation r WHERE r.placed = p.id))
  UNION ALL SELECT 'events'
    WHERE (SELECT count(*) FROM outbox) <> 2 * (SELECT count(*) FROM placed);
