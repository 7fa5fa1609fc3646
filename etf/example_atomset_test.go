package etf_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/beamgate/beamgate/etf"
)

// A set from names in the program, joined with a list from a file.
func ExampleAtomSet() {
	own, err := etf.NewAtomSet("ok", "error", "Elixir.MyApp.User")
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := etf.ReadAtomSet(strings.NewReader("% from the other team\nretry\n'try again'\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	known := own.Union(list)
	fmt.Println(known.Len(), known.Has([]byte("retry")), known.HasString("rety"))
	known.WriteTo(os.Stdout)
	// Output:
	// 5 true false
	// 'Elixir.MyApp.User'
	// error
	// ok
	// retry
	// 'try again'
}

// A mistake in a list is reported with its line.
func ExampleReadAtomSet() {
	_, err := etf.ReadAtomSet(strings.NewReader("ok\nerror, retry\n"))
	fmt.Println(err)
	// Output:
	// etf: atom set: line 2: a name with anything but letters, digits and _ @ . - ? ! stands in single quotes, one name a line
}

// Every atom that a release owns once it is loaded. Names the configuration
// adds are joined by hand.
func ExampleAtomSetFromRelease() {
	modules, err := etf.AtomSetFromRelease(os.DirFS("/opt/my_app"))
	if err != nil {
		fmt.Println(err)
		return
	}
	extra, err := etf.NewAtomSet("prod", "my_app@node-1")
	if err != nil {
		fmt.Println(err)
		return
	}
	known := modules.Union(extra)
	fmt.Println(known.Len())
}

// One module, to see what it brings.
func ExampleReadBeamAtoms() {
	f, err := os.Open("ebin/my_module.beam")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	atoms, err := etf.ReadBeamAtoms(f)
	if err != nil {
		fmt.Println(err)
		return
	}
	for name := range atoms.All() {
		fmt.Println(name)
	}
}
