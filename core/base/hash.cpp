// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/hash.h"

#include "emend/error.h"

#include <openssl/evp.h>
#include <xxhash.h>

#include <array>
#include <span>

namespace emend {
namespace {

std::string to_hex(std::span<const unsigned char> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const unsigned char byte : bytes) {
        hex.push_back(digits[byte >> 4U]);
        hex.push_back(digits[byte & 0xFU]);
    }
    return hex;
}

} // namespace

std::string sha256_hex(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.hex();
}

struct Sha256::Impl {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
};

Sha256::Sha256()
    : impl_(std::make_unique<Impl>()) {
    if (impl_->context == nullptr || EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) != 1)
        throw Error("SHA-256 is not available from this system's OpenSSL");
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(impl_->context);
}

void Sha256::update(const void* data, std::size_t bytes) {
    if (EVP_DigestUpdate(impl_->context, data, bytes) != 1)
        throw Error("SHA-256 failed");
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(impl_->context, digest.data(), &size) != 1)
        throw Error("SHA-256 failed");
    return to_hex({digest.data(), size});
}

struct Xxh3::Impl {
    XXH3_state_t* state = XXH3_createState();
};

Xxh3::Xxh3()
    : impl_(std::make_unique<Impl>()) {
    if (impl_->state == nullptr)
        throw std::bad_alloc();
    XXH3_128bits_reset(impl_->state);
}

Xxh3::~Xxh3() {
    XXH3_freeState(impl_->state);
}

void Xxh3::update(const void* data, std::size_t bytes) {
    if (bytes > 0)
        XXH3_128bits_update(impl_->state, data, bytes);
}

std::string Xxh3::hex() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(impl_->state));
    return to_hex({canonical.digest, sizeof canonical.digest});
}

} // namespace emend
