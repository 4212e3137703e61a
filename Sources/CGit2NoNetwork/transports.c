// What libgit2's network transports are linked against, in place of mbedTLS, libssh2, the Kerberos libraries and an
// HTTP parser. varve never lets libgit2 use a network, and without them a process starts with two shared libraries
// in place of twenty-five and parses no CA bundle: 5 ms of the 8 that a short command took (docs/storage.md).

#include <stdio.h>
#include <stdlib.h>

/// Called when libgit2 starts and stops: nothing to do.
#define IDLE(name) int name(void); int name(void) { return 0; }

/// Called only by a transport. To go on would be to trust what nobody has verified.
#define ABSENT(name) \
    int name(void); \
    int name(void) { \
        fputs("varve: libgit2 called " #name ", and has no network\n", stderr); \
        abort(); \
    }

IDLE(mbedtls_ssl_config_defaults) IDLE(mbedtls_ssl_conf_min_version)
IDLE(mbedtls_ssl_conf_authmode) IDLE(mbedtls_ssl_conf_ciphersuites)
IDLE(mbedtls_entropy_init) IDLE(mbedtls_ctr_drbg_init) IDLE(mbedtls_ctr_drbg_seed) IDLE(mbedtls_ssl_conf_rng)
IDLE(mbedtls_x509_crt_init) IDLE(mbedtls_x509_crt_parse_file) IDLE(mbedtls_x509_crt_parse_path)
IDLE(mbedtls_ssl_conf_ca_chain) IDLE(mbedtls_x509_crt_free) IDLE(mbedtls_ssl_config_free)
IDLE(mbedtls_ctr_drbg_free) IDLE(mbedtls_entropy_free) IDLE(libssh2_init) IDLE(libssh2_exit)

ABSENT(gss_delete_sec_context) ABSENT(gss_display_status) ABSENT(gss_import_name) ABSENT(gss_indicate_mechs)
ABSENT(gss_init_sec_context) ABSENT(gss_release_buffer) ABSENT(gss_release_name) ABSENT(gss_release_oid_set)
ABSENT(http_errno_description) ABSENT(http_parser_execute) ABSENT(http_parser_init)
ABSENT(http_parser_parse_url) ABSENT(http_parser_pause) ABSENT(http_should_keep_alive)
ABSENT(libssh2_agent_connect) ABSENT(libssh2_agent_disconnect) ABSENT(libssh2_agent_free)
ABSENT(libssh2_agent_get_identity) ABSENT(libssh2_agent_init) ABSENT(libssh2_agent_list_identities)
ABSENT(libssh2_agent_userauth) ABSENT(libssh2_channel_close) ABSENT(libssh2_channel_free)
ABSENT(libssh2_channel_open_ex) ABSENT(libssh2_channel_process_startup) ABSENT(libssh2_channel_read_ex)
ABSENT(libssh2_channel_set_blocking) ABSENT(libssh2_channel_write_ex) ABSENT(libssh2_hostkey_hash)
ABSENT(libssh2_knownhost_checkp) ABSENT(libssh2_knownhost_free) ABSENT(libssh2_knownhost_init)
ABSENT(libssh2_knownhost_readfile) ABSENT(libssh2_session_abstract) ABSENT(libssh2_session_disconnect_ex)
ABSENT(libssh2_session_free) ABSENT(libssh2_session_handshake) ABSENT(libssh2_session_hostkey)
ABSENT(libssh2_session_init_ex) ABSENT(libssh2_session_last_error) ABSENT(libssh2_session_method_pref)
ABSENT(libssh2_session_set_blocking) ABSENT(libssh2_userauth_authenticated)
ABSENT(libssh2_userauth_keyboard_interactive_ex) ABSENT(libssh2_userauth_list)
ABSENT(libssh2_userauth_password_ex) ABSENT(libssh2_userauth_publickey)
ABSENT(libssh2_userauth_publickey_fromfile_ex) ABSENT(libssh2_userauth_publickey_frommemory)
ABSENT(mbedtls_ctr_drbg_random) ABSENT(mbedtls_entropy_func) ABSENT(mbedtls_sha256_finish)
ABSENT(mbedtls_sha256_free) ABSENT(mbedtls_sha256_init) ABSENT(mbedtls_sha256_starts)
ABSENT(mbedtls_sha256_update) ABSENT(mbedtls_ssl_close_notify) ABSENT(mbedtls_ssl_free)
ABSENT(mbedtls_ssl_get_peer_cert) ABSENT(mbedtls_ssl_get_verify_result) ABSENT(mbedtls_ssl_handshake)
ABSENT(mbedtls_ssl_init) ABSENT(mbedtls_ssl_read) ABSENT(mbedtls_ssl_set_bio) ABSENT(mbedtls_ssl_set_hostname)
ABSENT(mbedtls_ssl_setup) ABSENT(mbedtls_ssl_write) ABSENT(mbedtls_strerror)
ABSENT(mbedtls_x509_crt_verify_info)

// Any cipher's number will do: libgit2 only refuses to start when it knows none.
int mbedtls_ssl_get_ciphersuite_id(void);
int mbedtls_ssl_get_ciphersuite_id(void) { return 1; }

// gssapi's name type: a pointer to data.
const void *GSS_C_NT_HOSTBASED_SERVICE = NULL;
