#include <mbedtls/ssl.h>
#include <string.h>

// libgit2 looks into the configuration that this has to make empty. In a file of its own, since the header's
// declarations would not agree with those of transports.c.
void mbedtls_ssl_config_init(mbedtls_ssl_config *configuration) {
    memset(configuration, 0, sizeof *configuration);
}
