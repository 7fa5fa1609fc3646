package etf

import (
	"fmt"
	"reflect"
	"time"
)

const isoCalendar = "Elixir.Calendar.ISO"

// The keys of these structs are written in the order of atoms, which the order of
// the calls below is.

func (e *writing) calendar() {
	e.atom("calendar")
	e.atom(isoCalendar)
}

func (e *writing) microsecond(us, precision int) {
	e.atom("microsecond")
	e.b, _ = AppendTupleHeader(e.b, 2)
	e.b = AppendInt(AppendInt(e.b, int64(us)), int64(precision))
}

// clockOf is the time of day of an instant in its zone. What is finer than a
// microsecond has no place in Elixir and is cut off.
func clockOf(t time.Time, precision int) TimeOfDay {
	h, m, s := t.Clock()
	return TimeOfDay{h, m, s, t.Nanosecond() / 1000, precision}
}

func (t TimeOfDay) valid() bool {
	in := func(v, max int) bool { return v >= 0 && v <= max }
	return in(t.Hour, 23) && in(t.Minute, 59) && in(t.Second, 59) && in(t.Microsecond, 999_999) && in(t.Precision, 6)
}

func dateOf(t time.Time) Date { return Date{t.Year(), t.Month(), t.Day()} }

func encodeDateTime(e *writing, p *plan, v reflect.Value) error {
	dt := pointerTo(v).(*DateTime)
	abbr, offset := dt.Time.Zone()
	zone, other := zoneOf(dt.Time)
	if dt.Zone != "" {
		zone = dt.Zone
	}
	if dt.Zone == "" || abbr == "" { // as of a time that was parsed
		abbr = other
	}
	return e.dateTime(p, dt.Time, zoned{zone, abbr, offset - dt.StdOffset, dt.StdOffset, dt.Precision})
}

// zoned is what a DateTime has beyond its date and time.
type zoned struct {
	zone, abbr     string
	utc, std, prec int
}

func (e *writing) dateTime(p *plan, t time.Time, z zoned) error {
	day, clock := dateOf(t), clockOf(t, z.prec)
	if !day.valid() || !clock.valid() || !zoneName(z.zone) || !zoneName(z.abbr) || !offsets(int64(z.utc), int64(z.std)) {
		return unfit(ReasonRange, p, nil)
	}
	e.begin("Elixir.DateTime", 13)
	e.calendar()
	e.int("day", int64(day.Day))
	e.int("hour", int64(clock.Hour))
	e.microsecond(clock.Microsecond, clock.Precision)
	e.int("minute", int64(clock.Minute))
	e.int("month", int64(day.Month))
	e.int("second", int64(clock.Second))
	e.int("std_offset", int64(z.std))
	e.atom("time_zone")
	e.b, _ = AppendString(e.b, z.zone)
	e.int("utc_offset", int64(z.utc))
	e.int("year", int64(day.Year))
	e.atom("zone_abbr")
	e.b, _ = AppendString(e.b, z.abbr)
	return nil
}

// zoneOf names the zone of an instant: the name of its location, or its offset
// where it has none.
func zoneOf(t time.Time) (zone, abbr string) {
	abbr, offset := t.Zone()
	switch zone = t.Location().String(); {
	case t.Location() == time.UTC:
		return utcName, utcAbbr
	case zone == "":
		sign := '+'
		if offset < 0 {
			sign, offset = '-', -offset
		}
		zone = fmt.Sprintf("%c%02d:%02d", sign, offset/3600, offset/60%60)
		return zone, zone
	}
	return zone, abbr
}

func encodeNaive(e *writing, p *plan, v reflect.Value) error {
	n := pointerTo(v).(*NaiveDateTime)
	return e.naive(p, n.Time, n.Precision)
}

func (e *writing) naive(p *plan, t time.Time, precision int) error {
	day, clock := dateOf(t), clockOf(t, precision)
	if !day.valid() || !clock.valid() {
		return unfit(ReasonRange, p, nil)
	}
	e.begin("Elixir.NaiveDateTime", 9)
	e.calendar()
	e.int("day", int64(day.Day))
	e.int("hour", int64(clock.Hour))
	e.microsecond(clock.Microsecond, clock.Precision)
	e.int("minute", int64(clock.Minute))
	e.int("month", int64(day.Month))
	e.int("second", int64(clock.Second))
	e.int("year", int64(day.Year))
	return nil
}

func encodeDate(e *writing, p *plan, v reflect.Value) error {
	day := pointerTo(v).(*Date)
	if !day.valid() {
		return unfit(ReasonRange, p, nil)
	}
	e.begin("Elixir.Date", 5)
	e.calendar()
	e.int("day", int64(day.Day))
	e.int("month", int64(day.Month))
	e.int("year", int64(day.Year))
	return nil
}

func encodeTimeOfDay(e *writing, p *plan, v reflect.Value) error {
	clock := pointerTo(v).(*TimeOfDay)
	if !clock.valid() {
		return unfit(ReasonRange, p, nil)
	}
	e.begin("Elixir.Time", 6)
	e.calendar()
	e.int("hour", int64(clock.Hour))
	e.microsecond(clock.Microsecond, clock.Precision)
	e.int("minute", int64(clock.Minute))
	e.int("second", int64(clock.Second))
	return nil
}

// encodeTime writes a time.Time as the term that the field's tag names.
func encodeTime(e *writing, p *plan, v reflect.Value) error {
	t := *pointerTo(v).(*time.Time)
	switch p.opts.time {
	case timeUnix, timeUnixMilli, timeUnixMicro:
		if !inYears(t) {
			return unfit(ReasonRange, p, nil)
		}
	}
	switch p.opts.time {
	case timeNaive:
		return e.naive(p, t.UTC(), 6)
	case timeErlang:
		return e.erlangTime(p, t.UTC())
	case timeUnix:
		e.b = AppendInt(e.b, t.Unix())
	case timeUnixMilli:
		e.b = AppendInt(e.b, t.UnixMilli())
	case timeUnixMicro:
		e.b = AppendInt(e.b, t.UnixMicro())
	case timeUnixNano:
		if y := t.Year(); y < 1678 || y > 2261 {
			return unfit(ReasonRange, p, nil)
		}
		e.b = AppendInt(e.b, t.UnixNano())
	default:
		return e.anyZone(p, t)
	}
	return nil
}

// anyZone writes a time.Time as a DateTime. The zone of this machine, which has
// no name that others know, becomes UTC.
func (e *writing) anyZone(p *plan, t time.Time) error {
	if t.Location() == time.Local {
		t = t.UTC()
	}
	zone, abbr := zoneOf(t)
	_, offset := t.Zone()
	std := 0
	if t.IsDST() {
		std = 60 * 60
	}
	return e.dateTime(p, t, zoned{zone, abbr, offset - std, std, 6})
}

func (e *writing) erlangTime(p *plan, t time.Time) error {
	day, clock := dateOf(t), clockOf(t, 0)
	if !day.valid() || day.Year < 0 {
		return unfit(ReasonRange, p, nil)
	}
	e.b, _ = AppendTupleHeader(e.b, 2)
	e.b, _ = AppendTupleHeader(e.b, 3)
	for _, n := range []int{day.Year, int(day.Month), day.Day} {
		e.b = AppendInt(e.b, int64(n))
	}
	e.b, _ = AppendTupleHeader(e.b, 3)
	for _, n := range []int{clock.Hour, clock.Minute, clock.Second} {
		e.b = AppendInt(e.b, int64(n))
	}
	return nil
}
