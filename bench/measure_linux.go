package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// measureEnv marks the process that starts and measures the commands. It is a
// process of its own because it must be small: the peak memory that wait4(2)
// tells of a child includes that of the program that it was before exec(2).
const measureEnv = "SOCKEYE_BENCH_MEASURE"

func measuring() bool { return os.Getenv(measureEnv) != "" }

// answer is what the measuring process says of a command.
type answer struct {
	Sample sample
	Error  string
}

// measureLoop reads commands and answers each with a sample. Its first answer
// has its own peak memory alone.
func measureLoop(in io.Reader, out io.Writer) error {
	floor, err := peakKiB()
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	encoder, decoder := json.NewEncoder(out), json.NewDecoder(in)
	if err := encoder.Encode(answer{Sample: sample{RSS: floor}}); err != nil {
		return err
	}
	for {
		var command []string
		if err := decoder.Decode(&command); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a answer
		if a.Sample, err = runOnce(command, null.Fd()); err != nil {
			a.Error = err.Error()
		}
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
}

// runOnce runs a command with its standard files on null. One that measures something
// else than its own life, such as bench/screened, tells that on descriptor 3.
func runOnce(command []string, null uintptr) (sample, error) {
	told, tells, err := os.Pipe()
	if err != nil {
		return sample{}, err
	}
	defer told.Close()
	attr := &syscall.ProcAttr{Env: commandEnv(), Files: []uintptr{null, null, null, tells.Fd()}}
	begin := time.Now()
	pid, err := syscall.ForkExec(command[0], command, attr)
	tells.Close()
	if err != nil {
		return sample{}, fmt.Errorf("start %s: %w", command[0], err)
	}
	var status syscall.WaitStatus
	var usage syscall.Rusage
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &usage); err != syscall.EINTR {
			break
		}
	}
	wall := time.Since(begin)
	if err != nil {
		return sample{}, fmt.Errorf("wait for %s: %w", command[0], err)
	}
	if !status.Exited() || status.ExitStatus() != 0 {
		return sample{}, fmt.Errorf("%s: wait status %#x", strings.Join(command, " "), status)
	}
	s := sample{Wall: wall, CPU: time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), RSS: int64(usage.Maxrss)}
	if err := json.NewDecoder(told).Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return sample{}, fmt.Errorf("%s: what it measured: %w", command[0], err)
	}
	return s, nil
}

// commandEnv is the environment without what is meant for this program.
func commandEnv() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "SOCKEYE_") {
			env = append(env, e)
		}
	}
	return env
}

// peakKiB is the peak memory of this process: VmHWM of proc_pid_status(5).
func peakKiB() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
		}
	}
	return 0, errors.New("/proc/self/status has no VmHWM")
}

// measurer is the measuring process.
type measurer struct {
	cmd      *exec.Cmd
	in       io.WriteCloser
	encoder  *json.Encoder
	decoder  *json.Decoder
	floorKiB int64
}

func startMeasurer() (*measurer, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), measureEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	m := &measurer{cmd: cmd, in: in, encoder: json.NewEncoder(in), decoder: json.NewDecoder(out)}
	first, err := m.read()
	if err != nil {
		return nil, errors.Join(err, m.stop())
	}
	m.floorKiB = first.RSS
	return m, nil
}

func (m *measurer) measure(command []string) (sample, error) {
	if err := m.encoder.Encode(command); err != nil {
		return sample{}, err
	}
	return m.read()
}

func (m *measurer) read() (sample, error) {
	var a answer
	if err := m.decoder.Decode(&a); err != nil {
		return sample{}, fmt.Errorf("measuring process: %w", err)
	}
	if a.Error != "" {
		return sample{}, errors.New(a.Error)
	}
	return a.Sample, nil
}

func (m *measurer) stop() error {
	m.in.Close()
	return m.cmd.Wait()
}
