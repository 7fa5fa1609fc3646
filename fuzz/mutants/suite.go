package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stage is a part of the killing suite: some tests of one package. The first
// that fails ends the life of a mutant, so cheap and deadly ones come first.
type stage struct {
	name string
	dir  string
	run  string
	skip string
	env  []string
	only string // what the paths of the mutants' files begin with that it is for

	usual cost // of a run without a mutant
}

// What has no part in it: tests of an Erlang node, which are slow, of what cannot
// be measured beside other processes, and of what comes after the verdict: how
// terms are written, shown and turned into Go values.
const (
	erlang  = `Erlang|IsWhatLoadingMakes|Running|BEAM|AsOTP`
	written = `^Example|Marshal|Unmarshal|TestElixir(|Payloads|Refuses|Understands)$|Encoder|JSON|Compare|OrderIsShared|TestAppend|Decimal|Hook|ReadBeam|AtomSetFrom|FuzzRead|Literals`
	speed   = `TestResidentMemory|TestIdleDecoderIsSmall|TestNoAllocations|Linear|TestDamagedStreams|TestHugeCutShort|TestCanonicalizeMemory`

	// The dear ones of package etf, by what they kill for what they take.
	caps = `TestLimitMatrix|TestStructs|TestKeysByRelease|TestZlibStreams|TestEndlessNesting|TestFeaturesByName|TestThinLists|` +
		`TestKeysThatAreLateAtoms|TestPathsInLongPayloads|TestCapsStartAnew|TestRefuseQuoted`
	second = `TestAllocationFollowsInput|TestCodesBehindFiller|TestHugePayloads|TestDriversAgreeOnRandomTerms|TestEncodingsAreAlike|TestCanonicalizeRandom|` +
		`TestMeasureReaderAgrees|TestLongReferencesInLargeMaps|TestKeysBesideOtherBytes|TestPayloadsAsValues|TestStoredBlocksCutShort|TestRunsOfIntegers|TestRunsOfFloats|TestErrorsEchoNothing`
)

// suite was put in order by measuring what each stage costs and kills.
var suite = []stage{
	{name: "limits", dir: "limits", run: ".", only: "limits"},
	{name: "inflate", dir: "internal/inflate", run: ".", skip: erlang, only: "internal/inflate"},
	{name: "wire", dir: "internal/wire", run: ".", only: "internal/wire"},
	{name: "agree", dir: "fuzz/targets", run: `^(TestAgree|TestFound|TestTokensOfReader|TestRefusedInFront|TestAgreeProfiles)$`, env: []string{"BEAMGATE_N=600"}},
	{name: "quick", dir: "etf", run: ".", skip: erlang + "|" + written + "|" + speed + "|TestEveryCode|" + caps + "|" + second},
	{name: "codes", dir: "etf", run: `^TestEveryCode$`},
	{name: "caps", dir: "etf", run: `^(` + caps + `)$`},
	{name: "second", dir: "etf", run: `^(` + second + `)$`},
	{name: "streams", dir: "fuzz/targets", run: `^(TestRatioOrBadTerm|TestSqueezed)$`, only: "internal/wire/zlib.go"},
	{name: "recode", dir: "etf", run: `^TestCanonicalizeMemory$`, only: "internal/wire/"},
	{name: "more", dir: "fuzz/targets", run: ".", skip: erlang + "|^(TestRatioOrBadTerm|TestSqueezed|TestAgree|TestLegitimate|TestCases|TestFound|TestRoundTrip|FuzzRoundTrip|FuzzJSON|FuzzUnmarshal|FuzzMarshal|TestAgreeProfiles)$", env: []string{"BEAMGATE_N=2000"}},
	{name: "much", dir: "fuzz/targets", run: `^(TestAgree|TestAgreeProfiles)$`, env: []string{"BEAMGATE_N=5000", "BEAMGATE_SEED=3"}},
}

// cost is what a run of a stage took.
type cost struct {
	cpu time.Duration
	rss int64
}

// binary is where the compiled tests of a folder are.
func (w *work) binary(dir string) string {
	return filepath.Join(w.bin, strings.ReplaceAll(dir, "/", "_")+".test")
}

// compileTests builds the tests of all stages with an overlay.
func (w *work) compileTests(ctx context.Context, overlay string, dirs []string) error {
	for _, dir := range dirs {
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay="+overlay, "-o", w.binary(dir), "./"+dir)
		cmd.Dir = w.root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go test -c ./%s: %w\n%s", dir, err, out)
		}
	}
	return nil
}

// testDirs are the folders whose tests kill.
func testDirs() (dirs []string) {
	for _, s := range suite {
		if !slices.Contains(dirs, s.dir) {
			dirs = append(dirs, s.dir)
		}
	}
	return dirs
}

var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// test runs the stage with the mutant, 0 for none, and returns what killed it, ""
// if nothing did.
func (s *stage) test(ctx context.Context, w *work, mutant int) (killer string, took cost, err error) {
	args := []string{"-test.short", "-test.failfast", "-test.run=" + s.run, "-test.timeout=5m"}
	if s.skip != "" {
		args = append(args, "-test.skip="+s.skip)
	}
	cmd := exec.CommandContext(ctx, w.binary(s.dir), args...)
	cmd.Dir = filepath.Join(w.root, s.dir)
	cmd.Env = append(os.Environ(), switchVar+"="+strconv.Itoa(mutant), "GOMAXPROCS=1", "CI=", "BEAMGATE_ERL=")
	cmd.Env = append(cmd.Env, s.env...)
	var out tail
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return "", took, err
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	var tooMuch error
	go func() {
		took.rss, tooMuch = watch(cmd.Process, s.allowed(), stop)
		close(ended)
	}()
	err = cmd.Wait()
	close(stop)
	<-ended
	took.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	switch {
	case ctx.Err() != nil:
		return "", took, ctx.Err()
	case tooMuch != nil:
		return s.name + ": " + tooMuch.Error(), took, nil
	case err == nil:
		return "", took, nil
	}
	if m := failedTest.FindStringSubmatch(out.String()); m != nil {
		return s.name + ": " + m[1], took, nil
	}
	if mutant == 0 {
		return s.name, took, fmt.Errorf("%w: %s", err, out.String())
	}
	return s.name + ": crash", took, nil
}

// allowed is what a run may take: a multiple of what it takes without a mutant.
func (s *stage) allowed() cost {
	if s.usual.cpu == 0 {
		return cost{5 * time.Minute, 8 << 30}
	}
	return cost{time.Second + 6*s.usual.cpu, 1<<30 + 3*s.usual.rss}
}
