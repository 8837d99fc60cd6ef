# OpenSSH on hosts of hosts.sh, with keys and settings of its own: nothing of the machine's is used, or changed. To be
# sourced by bash.
#
#   ssh_begin FOLDER [ADDRESS:PORT]   a private /run and accounts, for all hosts; creates FOLDER with keys and settings.
#                       Sets `sshd`, the server's command (on 127.0.0.1:22 by default), and `ssh_config`, the client's settings
#   host_name_of HOST   sets REPLY to what identifies a host from within: its network namespace

ssh_begin() {
  local home=$1
  # sshd wants a folder in /run. All of this is in a mount namespace, or in a kernel, of its own.
  mount -t tmpfs run /run
  mkdir /run/netns /run/sshd
  mkdir -m 700 "$home" # keys may not be readable for others, and a folder of this machine may be
  cat >"$home/passwd" <<PASSWD
root:*:0:0::$home:/bin/bash
sshd:*:65534:65534::/run/sshd:/bin/false
PASSWD
  # No password, but no lock either: sshd refuses an account with one even with a key.
  cat >"$home/shadow" <<SHADOW
root:no password:20000::::::
sshd:no password:20000::::::
SHADOW
  mount --bind "$home/passwd" /etc/passwd
  [[ ! -e /etc/shadow ]] || mount --bind "$home/shadow" /etc/shadow
  ssh-keygen -q -t ed25519 -N "" -f "$home/host_key"
  ssh-keygen -q -t ed25519 -N "" -f "$home/key"
  cat >"$home/sshd_config" <<SSHD
ListenAddress ${2:-127.0.0.1:22}
HostKey $home/host_key
AuthorizedKeysFile $home/key.pub
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
SSHD
  cat >"$home/ssh_config" <<SSH
Host *
  User root
  IdentityFile $home/key
  UserKnownHostsFile $home/known_hosts
  StrictHostKeyChecking accept-new
  BatchMode yes
  ConnectTimeout 20
  LogLevel ERROR
SSH
  sshd=("$(command -v sshd)" -D -e -f "$home/sshd_config")
  ssh_config=$home/ssh_config
}

host_name_of() { REPLY=$(in_host "$1" readlink /proc/self/ns/net); }
