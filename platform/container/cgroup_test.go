package container

import (
	"strings"
	"testing"

	"sockeye/sock"
)

const (
	id  = "1c8e73e2b9d71d08bd38c4a5d8e2e9b4a7d5b4c8d5d2ac6de2fc8a4d2d5ed9a1"
	id2 = "9a1c8e73e2b9d71d08bd38c4a5d8e2e9b4a7d5b4c8d5d2ac6de2fc8a4d2d5ed2"
	id3 = "3c8e73e2b9d71d08bd38c4a5d8e2e9b4a7d5b4c8d5d2ac6de2fc8a4d2d5ed9a1"
	pod = "9a7a5b1e-3f5d-4f0b-8a5e-0c2f1f1d7a44"
)

// TestParsePath reads paths as the layouts make them.
func TestParsePath(t *testing.T) {
	under := strings.ReplaceAll(pod, "-", "_")
	burstable := "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/"
	user := "/user.slice/user-1000.slice/user@1000.service/"
	for _, test := range []struct {
		what, path, unit string
		container        sock.Container // without an ID: none
	}{
		{"root", "/", "", sock.Container{}},
		{"service", "/system.slice/nginx.service", "nginx.service", sock.Container{}},
		{"template", "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", sock.Container{}},
		{"escaped group", "/system.slice/_cgroup.service", "cgroup.service", sock.Container{}},
		{"process 1", "/init.scope", "init.scope", sock.Container{}},
		{"session", "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", sock.Container{}},
		{"user unit", user + "app.slice/app-gnome-firefox-4242.scope", "app-gnome-firefox-4242.scope", sock.Container{}},
		{"user unit of a template", user + "app.slice/app-dbus\\x2d:1.2\\x2dorg.gnome.Terminal.slice/vte@3.service", "vte@3.service", sock.Container{}},
		{"user's unit in a container", "/machine.slice/machine-deb.scope/payload/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service", sock.Container{Runtime: "nspawn", ID: "deb", Name: "deb"}},
		{"docker in nspawn", "/machine.slice/machine-deb.scope/payload/system.slice/docker-" + id + ".scope", "docker-" + id + ".scope", sock.Container{Runtime: "docker", ID: id}},
		{"podman in docker", "/docker/" + id2 + "/libpod_parent/libpod-" + id, "", sock.Container{Runtime: "podman", ID: id}},
		{"user manager", user + "init.scope", "init.scope", sock.Container{}},
		{"part of a service", "/system.slice/systemd-udevd.service/udev", "systemd-udevd.service", sock.Container{}},
		{"slice alone", "/background.slice", "background.slice", sock.Container{}},
		{"outside of the namespace", "/../../system.slice/ssh.service", "ssh.service", sock.Container{}},

		{"docker, cgroupfs", "/docker/" + id, "", sock.Container{Runtime: "docker", ID: id}},
		{"docker, systemd", "/system.slice/docker-" + id + ".scope", "docker-" + id + ".scope", sock.Container{Runtime: "docker", ID: id}},
		{"docker, rootless", user + "user.slice/docker-" + id + ".scope", "docker-" + id + ".scope", sock.Container{Runtime: "docker", ID: id}},
		{"docker, other parent", "/batch/" + id, "", sock.Container{ID: id}},
		{"docker, init inside", "/docker/" + id + "/init.scope", "init.scope", sock.Container{Runtime: "docker", ID: id}},
		{"docker, systemd inside", "/docker/" + id + "/system.slice/ssh.service", "ssh.service", sock.Container{Runtime: "docker", ID: id}},
		{"docker in docker", "/docker/" + id2 + "/docker/" + id, "", sock.Container{Runtime: "docker", ID: id}},
		{"docker itself", "/system.slice/docker.service", "docker.service", sock.Container{}},
		{"containerd, ctr", "/default/redis-server", "", sock.Container{Runtime: "containerd", ID: "redis-server", Namespace: "default"}},
		{"containerd, nerdctl", "/system.slice/nerdctl-" + id + ".scope", "nerdctl-" + id + ".scope", sock.Container{Runtime: "containerd", ID: id}},

		{"kubernetes, containerd, systemd", burstable + "cri-containerd-" + id + ".scope", "cri-containerd-" + id + ".scope", sock.Container{Runtime: "containerd", ID: id, PodID: pod}},
		{"kubernetes, cri-o, systemd", burstable + "crio-" + id + ".scope", "crio-" + id + ".scope", sock.Container{Runtime: "cri-o", ID: id, PodID: pod}},
		{"kubernetes, docker, systemd", burstable + "docker-" + id + ".scope", "docker-" + id + ".scope", sock.Container{Runtime: "docker", ID: id, PodID: pod}},
		{"kubernetes, cri-o's monitor", burstable + "crio-conmon-" + id + ".scope", "crio-conmon-" + id + ".scope", sock.Container{}},
		{"kubernetes, guaranteed", "/kubepods.slice/kubepods-pod" + under + ".slice/cri-containerd-" + id + ".scope", "cri-containerd-" + id + ".scope", sock.Container{Runtime: "containerd", ID: id, PodID: pod}},
		{"kubernetes, cgroupfs", "/kubepods/besteffort/pod" + pod + "/" + id, "", sock.Container{ID: id, PodID: pod}},
		{"kubernetes, guaranteed, cgroupfs", "/kubepods/pod" + pod + "/" + id, "", sock.Container{ID: id, PodID: pod}},
		{"kubernetes, docker, cgroupfs", "/kubepods/besteffort/pod" + pod + "/docker-" + id, "", sock.Container{Runtime: "docker", ID: id, PodID: pod}},
		{"kubernetes, cgroup namespace of its parent", "/../../kubepods-burstable.slice/kubepods-burstable-pod" + under + ".slice/cri-containerd-" + id + ".scope", "cri-containerd-" + id + ".scope", sock.Container{Runtime: "containerd", ID: id, PodID: pod}},
		{"kubelet itself", "/system.slice/kubelet.service", "kubelet.service", sock.Container{}},
		{"kubernetes, static pod", "/kubepods/burstable/pod8d8f7ac14c7c5e1f6de0fd8a7a7b6f0a/" + id, "", sock.Container{ID: id, PodID: "8d8f7ac14c7c5e1f6de0fd8a7a7b6f0a"}},
		{"kubernetes, cri-o, cgroupfs", "/kubepods/burstable/pod" + pod + "/crio-" + id, "", sock.Container{Runtime: "cri-o", ID: id, PodID: pod}},
		{"kubernetes, colons", "/system.slice/containerd.service/kubepods-burstable-pod" + under + ".slice:cri-containerd:" + id, "", sock.Container{Runtime: "containerd", ID: id, PodID: pod}},
		{"kubernetes in docker", "/docker/" + id2 + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" + under + ".slice/cri-containerd-" + id + ".scope", "cri-containerd-" + id + ".scope", sock.Container{Runtime: "containerd", ID: id, PodID: pod}},

		{"podman", "/machine.slice/libpod-" + id + ".scope/container", "libpod-" + id + ".scope", sock.Container{Runtime: "podman", ID: id}},
		{"podman's monitor", "/machine.slice/libpod-conmon-" + id + ".scope", "libpod-conmon-" + id + ".scope", sock.Container{}},
		{"podman, rootless", user + "user.slice/libpod-" + id + ".scope", "libpod-" + id + ".scope", sock.Container{Runtime: "podman", ID: id}},
		{"podman, rootless, in its own group", user + "user.slice/libpod-" + id + ".scope/container", "libpod-" + id + ".scope", sock.Container{Runtime: "podman", ID: id}},
		{"podman, rootless, quadlet", user + "app.slice/web.service/libpod-payload-" + id, "", sock.Container{Runtime: "podman", ID: id}},
		{"podman, rootless, its monitor", user + "user.slice/libpod-conmon-" + id + ".scope", "libpod-conmon-" + id + ".scope", sock.Container{}},
		{"podman, systemd inside", "/machine.slice/libpod-" + id + ".scope/container/system.slice/sshd.service", "sshd.service", sock.Container{Runtime: "podman", ID: id}},
		{"podman, cgroupfs", "/libpod_parent/libpod-" + id, "", sock.Container{Runtime: "podman", ID: id}},
		{"podman, pod", "/machine.slice/machine-libpod_pod_" + id2 + ".slice/libpod-" + id + ".scope", "libpod-" + id + ".scope", sock.Container{Runtime: "podman", ID: id, PodID: id2}},
		{"podman, quadlet", "/system.slice/web.service/libpod-payload-" + id, "", sock.Container{Runtime: "podman", ID: id}},

		{"lxc 4", "/lxc.payload.db1/system.slice/postgresql.service", "postgresql.service", sock.Container{Runtime: "lxc", ID: "db1", Name: "db1"}},
		{"lxc 4, early", "/lxc.payload/db1", "", sock.Container{Runtime: "lxc", ID: "db1", Name: "db1"}},
		{"lxc 3, proxmox", "/lxc/101/ns/init.scope", "init.scope", sock.Container{Runtime: "lxc", ID: "101", Name: "101"}},
		{"lxc's monitor", "/lxc.monitor.db1", "", sock.Container{}},
		{"lxcfs", "/lxc/lxc.monitor.db1", "", sock.Container{}},
		{"nspawn", `/machine.slice/machine-deb\x2dtest.scope/payload/system.slice/ssh.service`, "ssh.service", sock.Container{Runtime: "nspawn", ID: "deb-test", Name: "deb-test"}},
		{"nspawn, service", "/machine.slice/systemd-nspawn@deb.service/payload", "systemd-nspawn@deb.service", sock.Container{Runtime: "nspawn", ID: "deb", Name: "deb"}},
		{"nspawn itself", "/machine.slice/systemd-nspawn@deb.service/supervisor", "systemd-nspawn@deb.service", sock.Container{}},
		{"virtual machine", `/machine.slice/machine-qemu\x2d1\x2ddebian.scope/libvirt/emulator`, `machine-qemu\x2d1\x2ddebian.scope`, sock.Container{}},
		{"libvirt's lxc", `/machine.slice/machine-lxc\x2d8\x2dweb\x2d1.scope`, `machine-lxc\x2d8\x2dweb\x2d1.scope`, sock.Container{Runtime: "libvirt-lxc", ID: "web-1", Name: "web-1"}},
	} {
		got := ParsePath(test.path)
		if got.Unit != test.unit {
			t.Errorf("%s: unit %q, want %q", test.what, got.Unit, test.unit)
		}
		c := sock.Container{}
		if got.Container != nil {
			c = *got.Container
		}
		if c != test.container {
			t.Errorf("%s: container\n %+v, want\n %+v", test.what, c, test.container)
		}
	}
}

// TestParse takes what the hierarchies tell together.
func TestParse(t *testing.T) {
	for name, test := range map[string]struct{ file, unit, id, user string }{
		"version 2": {file: "0::/system.slice/cron.service\n", unit: "cron.service"},
		"version 1": {
			file: "12:pids:/docker/" + id + "\n11:cpu,cpuacct:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n",
			id:   id,
		},
		"hybrid": {
			file: "9:name=systemd:/system.slice/ssh.service\n8:pids:/system.slice/ssh.service\n4:memory:/\n0::/system.slice/ssh.service\n",
			unit: "ssh.service",
		},
		"hybrid, container in the first version alone": {
			file: "9:name=systemd:/system.slice/containerd.service\n4:memory:/docker/" + id + "\n0::/\n", id: id,
		},
		"hybrid, unit in systemd's alone": {file: "1:name=systemd:/system.slice/ssh.service\n0::/\n", unit: "ssh.service"},
		"removed":                         {file: "0::/system.slice/gone.service (deleted)\n", unit: "gone.service"},
		"rootless":                        {file: "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope\n", unit: "libpod-" + id + ".scope", id: id, user: "1000"},
		"no lines":                        {file: "\n:\nx\n0:\n0::\n0:::\n"},
		"cut short":                       {file: "0::/system.slice/a.service", unit: "a.service"},
	} {
		got := Parse(test.file)
		gotID := ""
		if got.Container != nil {
			gotID = got.Container.ID
		}
		if got.Unit != test.unit || gotID != test.id || test.user != "" && got.User != test.user {
			t.Errorf("%s: %q, %q, %q", name, got.Unit, gotID, got.User)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, path := range []string{"/docker/" + id, `/machine.slice/machine-a\x2`, "/lxc", "/default", "/lxc.payload.", "/a:b:" + id, "//_/_", "/system.slice/.service"} {
		f.Add("0::" + path + "\n1:name=systemd:" + path)
	}
	f.Fuzz(func(t *testing.T, file string) {
		p := Parse(file)
		if c := p.Container; c != nil && (c.ID == "" || len(c.ID) > len(file)) {
			t.Errorf("%q is in %+v", file, c)
		}
		if len(p.Unit) > longestUnit {
			t.Errorf("unit %q", p.Unit)
		}
	})
}
