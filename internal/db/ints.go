package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
)

// Ints runs a SELECT of nothing but whole numbers and calls f with each row,
// which is used again for the next one. It is for reading millions of rows:
// database/sql takes a lock, copies and converts for each value (measured on
// SQLite, rows of five: 1.35 µs, here 1.0 µs; on PostgreSQL they are equal). It
// reads in a snapshot of its own; booleans, texts and NULL are errors.
func (d *DB) Ints(ctx context.Context, query string, f func(row []int64) error, args ...any) error {
	c, err := d.read.Conn(ctx)
	if err != nil {
		return translate(err)
	}
	defer c.Close()
	var failed error
	err = c.Raw(func(raw any) error {
		if pg, ok := raw.(*stdlib.Conn); ok {
			failed = intsPostgres(ctx, pg, query, f, args)
		} else {
			failed = intsSQLite(ctx, raw.(driver.QueryerContext), d.dialect.text(query), f, args)
		}
		return nil // what f says must not close the connection
	})
	return translate(errors.Join(failed, err))
}

func intsSQLite(ctx context.Context, c driver.QueryerContext, query string, f func(row []int64) error, args []any) error {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return err
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	rows, err := c.QueryContext(ctx, query, named)
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]driver.Value, len(rows.Columns()))
	row := make([]int64, len(values))
	for {
		if err := rows.Next(values); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		for i, v := range values {
			n, ok := v.(int64)
			if !ok {
				return fmt.Errorf("db: Ints: column %d holds a %T", i+1, v)
			}
			row[i] = n
		}
		if err := f(row); err != nil {
			return err
		}
	}
}

func intsPostgres(ctx context.Context, c *stdlib.Conn, query string, f func(row []int64) error, args []any) error {
	rows, err := c.Conn().Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns := rows.FieldDescriptions()
	for i, f := range columns {
		if whole := f.DataTypeOID == pgtype.Int2OID || f.DataTypeOID == pgtype.Int4OID || f.DataTypeOID == pgtype.Int8OID; !whole || f.Format != pgtype.BinaryFormatCode {
			return fmt.Errorf("db: Ints: column %d is no whole number", i+1)
		}
	}
	row := make([]int64, len(columns))
	for rows.Next() {
		for i, raw := range rows.RawValues() {
			if len(raw) == 0 {
				return fmt.Errorf("db: Ints: column %d holds NULL", i+1)
			}
			n := int64(int8(raw[0])) // big endian, as many bytes as the type has
			for _, b := range raw[1:] {
				n = n<<8 | int64(b)
			}
			row[i] = n
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return rows.Err()
}
