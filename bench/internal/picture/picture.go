// Package picture draws bars and curves as SVG.
package picture

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

const (
	width  = 26 * vg.Centimeter
	height = 12 * vg.Centimeter
)

// A Group is one colour of bars: a value for each label, NaN for none.
type Group struct {
	Name   string
	Values []float64
}

// Ratios draws how many times as long others take: bars on a logarithmic scale
// that start at 1, where both are equally fast.
func Ratios(file, title string, labels []string, groups []Group) error {
	p := plot.New()
	p.Title.Text = title
	p.Y.Label.Text = "times as long"
	p.Y.Tick.Marker = powers{}
	p.Legend.Top, p.Legend.Left, p.Legend.Padding = true, true, vg.Millimeter
	p.X.Tick.Label.Rotation = math.Pi / 5
	p.X.Tick.Label.XAlign = draw.XRight
	room := float64(width) * 0.8 / float64(max(len(labels), 1))
	bar := vg.Length(room / float64(len(groups)+1))
	for i, g := range groups {
		values := make(plotter.Values, len(g.Values))
		for k, v := range g.Values {
			if !math.IsNaN(v) && v > 0 {
				values[k] = math.Log2(v)
			}
		}
		bars, err := plotter.NewBarChart(values, bar)
		if err != nil {
			return err
		}
		bars.Color = plotutil.Color(i)
		bars.LineStyle.Width = 0
		bars.Offset = bar * vg.Length(float64(i)-float64(len(groups)-1)/2)
		p.Add(bars)
		p.Legend.Add(g.Name, bars)
	}
	p.Add(plotter.NewGrid())
	p.NominalX(labels...)
	p.Y.Max += float64(len(groups)) // for the legend
	return save(p, file)
}

// powers labels an axis of base-2 logarithms.
type powers struct{}

// Ticks implements plot.Ticker.
func (powers) Ticks(low, high float64) (ticks []plot.Tick) {
	for e := math.Floor(low); e <= math.Ceil(high); e++ {
		text := fmt.Sprintf("%g×", math.Exp2(e))
		if e < 0 {
			text = fmt.Sprintf("1/%g×", math.Exp2(-e))
		}
		ticks = append(ticks, plot.Tick{Value: e, Label: text})
	}
	return ticks
}

// A Line is a curve through points.
type Line struct {
	Name string
	X, Y []float64
}

// Growth draws curves with logarithmic scales. Points that are not positive
// numbers are left out.
func Growth(file, title, x, y string, lines []Line) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Padding = true, vg.Millimeter
	p.Add(plotter.NewGrid())
	for i, l := range lines {
		var points plotter.XYs
		for k := range l.X {
			if l.X[k] > 0 && l.Y[k] > 0 {
				points = append(points, plotter.XY{X: l.X[k], Y: l.Y[k]})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return err
		}
		line.Color, dots.Color = plotutil.Color(i), plotutil.Color(i)
		dots.Shape = plotutil.Shape(i)
		p.Add(line, dots)
		p.Legend.Add(l.Name, line, dots)
	}
	p.Y.Min, p.Y.Max = p.Y.Min/2, p.Y.Max*20 // for the legend
	return save(p, file)
}

// save draws on white: without, a dark page would hide the letters.
func save(p *plot.Plot, file string) error {
	c := vgsvg.New(width, height)
	p.Draw(draw.New(c))
	f, err := os.Create(filepath.Clean(file))
	if err != nil {
		return err
	}
	if _, err := c.WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
