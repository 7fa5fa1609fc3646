package etf

import (
	"reflect"
	"time"
	"unicode/utf8"
)

// DateTime is an Elixir DateTime of Calendar.ISO. Its zone is a fixed offset: the
// name that the sender gave is kept, but no zone is ever loaded by it.
type DateTime struct {
	// Time is the instant, in a time.FixedZone of the abbreviation.
	Time time.Time
	// Zone is the name of the time zone, as in "Europe/Paris".
	Zone string
	// StdOffset is how many seconds of the offset are daylight saving time.
	StdOffset int
	// Precision is how many digits of the microseconds count, 0 to 6.
	Precision int
}

// NaiveDateTime is an Elixir NaiveDateTime of Calendar.ISO: a date and a time of
// day in no zone.
type NaiveDateTime struct {
	Time      time.Time // in UTC, which says nothing about the zone that is meant
	Precision int
}

// Date is an Elixir Date of Calendar.ISO.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Time returns the start of the day in UTC.
func (d Date) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// TimeOfDay is an Elixir Time of Calendar.ISO.
type TimeOfDay struct {
	Hour, Minute, Second, Microsecond int
	Precision                         int // digits of Microsecond that count, 0 to 6
}

const (
	yearMax   = 9999 // of Calendar.ISO, and as far below zero
	zoneMax   = 255  // bytes of a zone's name
	offsetMax = 24 * 60 * 60
)

// date reads year, month and day, which have to be a day that there is.
func (m members) date(p *plan) (d Date, err error) {
	y, err := m.int(p, "year", -yearMax, yearMax)
	if err != nil {
		return d, err
	}
	mo, err := m.int(p, "month", 1, 12)
	if err != nil {
		return d, err
	}
	day, err := m.int(p, "day", 1, 31)
	if err != nil {
		return d, err
	}
	if d = (Date{int(y), time.Month(mo), int(day)}); !d.valid() {
		return d, m.wrong(p, ReasonRange, "day")
	}
	return d, nil
}

func (d Date) valid() bool {
	t := d.Time()
	return t.Day() == d.Day && t.Month() == d.Month && t.Year() == d.Year && d.Year >= -yearMax && d.Year <= yearMax
}

// timeOfDay reads hour, minute, second and microsecond.
func (m members) timeOfDay(p *plan) (t TimeOfDay, err error) {
	for _, part := range []struct {
		key string
		max int64
		to  *int
	}{{"hour", 23, &t.Hour}, {"minute", 59, &t.Minute}, {"second", 59, &t.Second}} {
		n, err := m.int(p, part.key, 0, part.max)
		if err != nil {
			return t, err
		}
		*part.to = int(n)
	}
	micro, _ := m.find("microsecond")
	if micro.kind() != KindTuple || micro.Len() != 2 {
		return t, m.wrong(p, ReasonKind, "microsecond")
	}
	us, ok := micro.Index(0).Int()
	digits, ok2 := micro.Index(1).Int()
	if !ok || !ok2 || us < 0 || us > 999_999 || digits < 0 || digits > 6 {
		return t, m.wrong(p, ReasonRange, "microsecond")
	}
	t.Microsecond, t.Precision = int(us), int(digits)
	return t, nil
}

// on returns the instant of a date and a time of day in a zone.
func (t TimeOfDay) on(d Date, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, t.Hour, t.Minute, t.Second, t.Microsecond*1000, zone)
}

// zone reads what a DateTime says of its zone.
func (m members) zone(p *plan, key string) (string, error) {
	v, _ := m.find(key)
	if v.kind() != KindBinary {
		return "", m.wrong(p, ReasonKind, key)
	}
	if v.length() > zoneMax || !zoneName(string(v.payload())) {
		return "", m.wrong(p, ReasonRange, key)
	}
	return string(v.payload()), nil
}

// offsets reports whether a zone may have these offsets, each for itself and together.
func offsets(utc, std int64) bool {
	ok := func(v int64) bool { return -offsetMax <= v && v <= offsetMax }
	return ok(utc) && ok(std) && ok(utc+std)
}

// zoneName reports whether a zone may have this name.
func zoneName(s string) bool { return s != "" && len(s) <= zoneMax && utf8.ValidString(s) }

func (d *filling) dateTime(p *plan, t Term) (dt DateTime, err error) {
	m, err := d.members(p, t, "Elixir.DateTime")
	if err != nil {
		return dt, err
	}
	if err := m.iso(p); err != nil {
		return dt, err
	}
	day, err := m.date(p)
	if err != nil {
		return dt, err
	}
	clock, err := m.timeOfDay(p)
	if err != nil {
		return dt, err
	}
	utc, err := m.int(p, "utc_offset", -offsetMax, offsetMax)
	if err != nil {
		return dt, err
	}
	std, err := m.int(p, "std_offset", -offsetMax, offsetMax)
	if err != nil {
		return dt, err
	}
	if !offsets(utc, std) {
		return dt, m.wrong(p, ReasonRange, "std_offset")
	}
	if dt.Zone, err = m.zone(p, "time_zone"); err != nil {
		return dt, err
	}
	abbr, err := m.zone(p, "zone_abbr")
	if err != nil {
		return dt, err
	}
	zone := time.UTC
	if dt.Zone != utcName || abbr != utcAbbr || utc+std != 0 {
		zone = time.FixedZone(abbr, int(utc+std))
	}
	dt.Time, dt.StdOffset, dt.Precision = clock.on(day, zone), int(std), clock.Precision
	return dt, nil
}

const utcName, utcAbbr = "Etc/UTC", "UTC"

func decodeDateTime(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	dt, err := d.dateTime(p, t)
	if err == nil {
		*v.Addr().Interface().(*DateTime) = dt
	}
	return err
}

func (d *filling) naive(p *plan, t Term) (n NaiveDateTime, err error) {
	m, err := d.members(p, t, "Elixir.NaiveDateTime")
	if err != nil {
		return n, err
	}
	if err := m.iso(p); err != nil {
		return n, err
	}
	day, err := m.date(p)
	if err != nil {
		return n, err
	}
	clock, err := m.timeOfDay(p)
	return NaiveDateTime{clock.on(day, time.UTC), clock.Precision}, err
}

func decodeNaive(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	n, err := d.naive(p, t)
	if err == nil {
		*v.Addr().Interface().(*NaiveDateTime) = n
	}
	return err
}

func decodeDate(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	m, err := d.members(p, t, "Elixir.Date")
	if err != nil {
		return err
	}
	if err := m.iso(p); err != nil {
		return err
	}
	day, err := m.date(p)
	if err == nil {
		*v.Addr().Interface().(*Date) = day
	}
	return err
}

func decodeTimeOfDay(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	m, err := d.members(p, t, "Elixir.Time")
	if err != nil {
		return err
	}
	if err := m.iso(p); err != nil {
		return err
	}
	clock, err := m.timeOfDay(p)
	if err == nil {
		*v.Addr().Interface().(*TimeOfDay) = clock
	}
	return err
}

// decodeTime fills a time.Time from the term that the field's tag names.
func decodeTime(d *filling, p *plan, t Term, place int, v reflect.Value) error {
	to := v.Addr().Interface().(*time.Time)
	switch p.opts.time {
	case timeDefault:
		dt, err := d.dateTime(p, t)
		if err != nil {
			return err
		}
		if *to = dt.Time; dt.Time.Location() != time.UTC {
			_, offset := dt.Time.Zone()
			*to = dt.Time.In(time.FixedZone(dt.Zone, offset))
		}
		return nil
	case timeNaive:
		n, err := d.naive(p, t)
		*to = n.Time
		return err
	case timeErlang:
		return erlangTime(p, t, to)
	}
	return unixTime(p, t, to)
}

// inYears reports whether a time is of the years that a count of seconds, or of parts of
// them, may stand for: -9999 to 9999.
func inYears(t time.Time) bool {
	const first, last = -377705116800, 253402300799
	return t.Unix() >= first && t.Unix() <= last
}

// unixTime reads a count of seconds or parts of them.
func unixTime(p *plan, t Term, to *time.Time) error {
	if t.kind() != KindInteger {
		return misfit(ReasonKind, p, t)
	}
	n, ok := t.Int()
	switch p.opts.time {
	case timeUnix:
		*to = time.Unix(n, 0).UTC()
	case timeUnixMilli:
		*to = time.UnixMilli(n).UTC()
	case timeUnixMicro:
		*to = time.UnixMicro(n).UTC()
	case timeUnixNano:
		*to = time.Unix(0, n).UTC()
	}
	ok = ok && inYears(*to)
	if !ok {
		return misfit(ReasonRange, p, t)
	}
	return nil
}

// erlangTime reads calendar:datetime().
func erlangTime(p *plan, t Term, to *time.Time) error {
	var n [6]int
	if t.kind() != KindTuple {
		return misfit(ReasonKind, p, t)
	}
	if t.Len() != 2 {
		return misfitLen(p, t, 2, t.Len())
	}
	for i := range n {
		part := t.Index(i / 3)
		if part.kind() != KindTuple || part.Len() != 3 {
			return under(misfit(ReasonKind, p, part), p, t, Step{StepTuple, int64(i / 3)})
		}
		k, ok := part.Index(i % 3).Int()
		if !ok || k < 0 || k > yearMax {
			return under(misfit(ReasonRange, p, part.Index(i%3)), p, t, Step{StepTuple, int64(i / 3)})
		}
		n[i] = int(k)
	}
	day := Date{n[0], time.Month(n[1]), n[2]}
	if !day.valid() || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return misfit(ReasonRange, p, t)
	}
	*to = TimeOfDay{Hour: n[3], Minute: n[4], Second: n[5]}.on(day, time.UTC)
	return nil
}
