// SPDX-License-Identifier: Apache-2.0
#include "log/ring_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "millrace/block.hpp"

#include "log/entries.hpp"
#include "log/segment_reader.hpp"
#include "log/stream_text.hpp"
#include "record/counts.hpp"
#include "record/crc32c.hpp"
#include "transport/ring_set.hpp"

namespace millrace::log {
namespace {

constexpr std::size_t kNoRing = ~std::size_t{0};

void raise_to(std::uint64_t& figure, std::uint64_t least) noexcept {
  figure = std::max(figure, least);
}
void join(AccountEntry& account, const AccountEntry& entry,
          void (*figure)(std::uint64_t&, std::uint64_t)) noexcept {
  figure(account.accepted, entry.accepted);
  figure(account.rejected_full, entry.rejected_full);
  figure(account.rejected_closed, entry.rejected_closed);
  figure(account.rejected_reentrant, entry.rejected_reentrant);
}

// Who wrote the segments wrote the rings.
std::uint32_t owner_of(const RunFiles& run) noexcept {
  struct stat about {};
  if (run.segments.empty() || ::stat(run.segments.back().path.c_str(), &about) != 0) {
    return ::geteuid();
  }
  return about.st_uid;
}

}  // namespace

// A lack of memory passes by as an exception: an error would be taken for damage.
Result<std::unique_ptr<RingReader>> RingReader::open(const RunFiles& run, const RunScan& scan) {
  std::unique_ptr<RingReader> reader(new RingReader(run, scan));
  std::vector<RingImage> images;
  for (const std::string& path : run.rings) {
    images.push_back(RingImage::read(path, run.identity, reader->owner_));
    const RingImage& image = images.back();
    reader->rings_.push_back({path, image.sound, image.readable});
    for (const Damage& damage : image.damages) note(reader->damages_, damage);
  }
  if (scan.final) return reader;  // closed: nothing in them is lacking
  reader->take_accounts(images);
  reader->take_blocks(images, scan);
  reader->read_names(run, scan);
  reader->pack_accounts(scan);
  return reader;
}

RingReader::RingReader(const RunFiles& run, const RunScan& scan)
    : name_(fmt::format("the rings of run {}", hex(run.identity.run))),
      owner_(owner_of(run)),
      record_no_(scan.dropped),
      unlogged_(scan.unlogged),
      open_ring_(kNoRing) {
  add_to(record_no_, scan.records);
  add_to(record_no_, scan.missing);
}

void RingReader::refuse(std::size_t ring, std::uint64_t offset, std::uint64_t bytes,
                        std::string what) {
  rings_[ring].sound = false;
  note(damages_, {rings_[ring].path, offset, bytes, std::move(what)});
}

// What the workers themselves counted, and what their blocks say: newer than anything in the log.
void RingReader::take_accounts(const std::vector<RingImage>& images) {
  for (const RingImage& image : images) {
    if (image.account.worker != 0) live_.try_emplace(image.account.worker, image.account);
  }
  for (const RingImage& image : images) {
    for (const RingBlock& block : image.blocks) {
      AccountEntry fresh{};
      fresh.worker = block.worker;
      fresh.stream = block.stream;
      raise_to(live_.try_emplace(block.worker, fresh).first->second.accepted, block.end());
    }
  }
}

void RingReader::take_blocks(const std::vector<RingImage>& images, const RunScan& scan) {
  std::map<std::uint32_t, std::vector<Piece>> by_worker;
  for (std::size_t ring = 0; ring < images.size(); ++ring) {
    for (const RingBlock& block : images[ring].blocks) {
      std::vector<Piece>& blocks = by_worker[block.worker];
      if (!blocks.empty() &&
          (blocks.front().ring != ring || blocks.front().block.stream != block.stream ||
           blocks.front().block.record_size != block.record_size)) {
        refuse(ring, block.offset(), 0,
               fmt::format("a block of worker {}, who has another ring, stream or record size",
                           block.worker));
        continue;
      }
      blocks.push_back({ring, block, 0});
    }
  }
  for (auto& [worker, blocks] : by_worker) {
    std::sort(blocks.begin(), blocks.end(),
              [](const Piece& a, const Piece& b) { return a.block.first < b.block.first; });
    const auto logged = scan.logged_until.find(worker);
    take_worker(blocks,
                logged == scan.logged_until.end() ? std::nullopt : std::optional(logged->second));
  }
}

void RingReader::take_worker(const std::vector<Piece>& blocks,
                             std::optional<std::uint64_t> logged_until) {
  std::uint64_t logged = logged_until.value_or(0), in_blocks = 0;
  for (Piece piece : blocks) {
    const RingBlock& block = piece.block;
    if (block.first < in_blocks) {
      refuse(piece.ring, block.offset(), 0,
             fmt::format("a block of worker {} from record {}, which another block holds",
                         block.worker, block.first));
      continue;
    }
    in_blocks = block.end();
    if (block.end() <= logged) continue;
    const bool goes_on = logged_until.has_value() && block.first <= logged;
    if (!block.open && !goes_on) continue;
    piece.skip = static_cast<std::uint32_t>(logged > block.first ? logged - block.first : 0);
    logged = block.end();
    records_ += block.n - piece.skip;
    pieces_.push_back(piece);
  }
}

void RingReader::read_names(const RunFiles& run, const RunScan& scan) {
  bool whole = false;
  if (!run.names_file.empty()) {
    auto file = SegmentReader::open(run.names_file);
    if (!file) {
      note(damages_, {run.names_file, 0, 0, file.error().message});
    } else if ((*file)->header().kind != FileKind::names ||
               (*file)->header().log_id != run.identity.log_id ||
               (*file)->header().run != run.identity.run) {
      note(damages_, {run.names_file, 0, 0, "is no names file of this run"});
    } else {
      while (const auto frame = (*file)->next()) {
        if (frame->type() == FrameType::names) {
          entries_.push_back(
              {FrameType::names, frame->header.n, {frame->payload.begin(), frame->payload.end()}});
        } else if (frame->type() == FrameType::account) {
          for_each_account(frame->payload, frame->header.n,
                           [&](const AccountEntry& entry) { keep_account(entry); });
        }
      }
      whole = (*file)->damages().empty();
      for (const Damage& damage : (*file)->damages()) note(damages_, damage);
    }
  }
  if (!whole) pack_names(scan.names);
}

// One worker's may come twice, from its ring and from the names file. Those of workers beyond the
// kept ones are one sum, to which each is added once.
void RingReader::keep_account(const AccountEntry& entry) {
  if (const auto live = live_.find(entry.worker); live != live_.end()) {
    return join(live->second, entry, raise_to);
  }
  const bool kept = entry.worker <= detail::RingSet::kAccountsKept;
  AccountEntry fresh{};
  fresh.worker = kept ? entry.worker : 0;
  fresh.stream = kept ? entry.stream : 0;
  join(accounts_.try_emplace(fresh.worker, fresh).first->second, entry, kept ? raise_to : add_to);
}

void RingReader::pack_names(const RunNames& names) {
  const auto pack = [&](NameKind kind, std::uint16_t number, const std::string& text) {
    if (text.size() > kNameBytesMax) return;
    Payload payload{FrameType::names, 1, {}};
    pack_name(payload.bytes, kind, number, text);
    entries_.push_back(std::move(payload));
  };
  for (const auto& [number, stream] : names.streams)
    pack(NameKind::stream, number, to_text(stream));
  for (const auto& [number, label] : names.labels) pack(NameKind::label, number, label);
  for (const auto& [number, error] : names.error_classes) {
    pack(NameKind::error_class, number, error);
  }
}

void RingReader::pack_accounts(const RunScan& scan) {
  for (auto& [worker, entry] : live_) {
    // The log may hold a record whose push had not returned, and so was not counted.
    const auto logged = scan.logged_until.find(worker);
    if (logged != scan.logged_until.end()) raise_to(entry.accepted, logged->second);
  }
  const auto live = std::move(live_);
  live_.clear();
  for (const auto& [worker, entry] : live) keep_account(entry);
  if (accounts_.empty()) return;
  Payload payload{FrameType::account, static_cast<std::uint32_t>(accounts_.size()), {}};
  payload.bytes.resize(accounts_.size() * sizeof(AccountEntry));
  std::size_t at = 0;
  for (const auto& [worker, entry] : accounts_) {
    std::memcpy(payload.bytes.data() + at, &entry, sizeof entry);
    at += sizeof entry;
  }
  entries_.push_back(std::move(payload));
}
static_assert((detail::RingSet::kAccountsKept + 1) * sizeof(AccountEntry) <= kPayloadBytesMax);

std::optional<Frame> RingReader::next() {
  if (next_entry_ < entries_.size()) {
    const Payload& payload = entries_[next_entry_++];
    return frame_of(payload.type, payload.n, payload.bytes);
  }
  while (next_piece_ < pieces_.size()) {
    if (auto frame = read_piece(pieces_[next_piece_++])) return frame;
  }
  return std::nullopt;
}

Frame RingReader::frame_of(FrameType type, std::uint32_t n, std::span<const std::byte> payload) {
  Frame frame{};
  frame.header.commit = commit_word(type, frame_bytes(static_cast<std::uint32_t>(payload.size())));
  frame.header.record_no = record_no_;
  frame.header.flags = kRecovered;
  frame.header.n = n;
  frame.header.unlogged = unlogged_;
  frame.header.payload_crc = crc32c(payload.data(), payload.size());
  frame.payload = payload;
  return frame;
}

std::optional<Frame> RingReader::read_piece(const Piece& piece) {
  const RingBlock& block = piece.block;
  RingFile& ring = rings_[piece.ring];
  if (open_ring_ != piece.ring) {
    std::uint64_t bytes = 0;
    std::string what;
    fd_ = open_ring(ring.path, owner_, bytes, ring.readable, what);
    open_ring_ = piece.ring;
    if (fd_.get() < 0) refuse(piece.ring, 0, 0, std::move(what));
  }
  const std::uint32_t n = block.n - piece.skip;
  const std::uint64_t offset = block.offset() + std::uint64_t{piece.skip} * block.record_size;
  buffer_.resize(std::size_t{n} * block.record_size);
  if (fd_.get() < 0 || !read_at(fd_.get(), buffer_.data(), buffer_.size(), offset)) {
    ring.readable = false;
    refuse(piece.ring, offset, buffer_.size(),
           fmt::format("{} records of worker {} cannot be read: {}", n, block.worker,
                       std::generic_category().message(errno)));
    return std::nullopt;
  }
  Frame frame = frame_of(FrameType::data, n, buffer_);
  frame.offset = offset;
  frame.header.worker_seq = block.first + piece.skip;
  frame.header.worker = block.worker;
  frame.header.stream = block.stream;
  frame.header.record_size = block.record_size;
  record_no_ += n;
  return frame;
}

}  // namespace millrace::log
