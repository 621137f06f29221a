// The transforms of the tiles of a block: of the input, of the output's gradient, and back into the output.
//
// Max pooling by windows of 2x2 is part of them: a tile of 4x4 results has four windows of it. The result is written
// pooled, and a gradient read from the windows', which goes to the pixel of the window that was the largest.
//
// Included by loops.h, within a namespace that has `Tiles`, `Block` and `Put`.

// --- Where the pixels come from ---

// Places are bytes in memory, and numbers of 32 bits here. (Compilers take a vector apart to make the one of the
// other.)
INLINE Bits LoadPlaces(const uint8_t* from) {
#if defined(RESNET_AVX512)
  return reinterpret_cast<Bits>(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
#elif defined(RESNET_AVX2)
  return reinterpret_cast<Bits>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
#else
  Bits places;
  for (int i = 0; i < kLanes; ++i) places[i] = from[i];
  return places;
#endif
}

INLINE void StorePlaces(uint8_t* to, Bits places) {
#if defined(RESNET_AVX512)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(places)));
#elif defined(RESNET_AVX2)
  const auto numbers = reinterpret_cast<__m256i>(places);
  const __m128i shorts = _mm_packus_epi32(_mm256_castsi256_si128(numbers), _mm256_extracti128_si256(numbers, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(shorts, shorts));
#else
  for (int i = 0; i < kLanes; ++i) to[i] = static_cast<uint8_t>(places[i]);
#endif
}

// What a vector's windows gave to one of their four pixels, `place`.
INLINE Vec GivenTo(Vec windows, Bits places, uint32_t place) {
#if defined(RESNET_AVX512)
  const auto equal =
      _mm512_cmpeq_epi32_mask(reinterpret_cast<__m512i>(places), _mm512_set1_epi32(static_cast<int>(place)));
  return _mm512_maskz_mov_ps(equal, windows);
#else
  return reinterpret_cast<Vec>(reinterpret_cast<Bits>(windows) & reinterpret_cast<Bits>(places == place));
#endif
}

// N rows of an image's pixels, beginning with an odd one: rows -1 to 4 of a tile of the input.
struct PixelRows {
  static constexpr int n = Transform::kIn;

  PixelRows(const Tiles& tiles, const Tiles::Place& place, const Maps& x, int64_t channels, const float* zeros)
      : c(channels) {
    for (int i = 0; i < n; ++i) {
      const int64_t y = place.y - 1 + i;
      const bool inside = y >= 0 && y < tiles.h;
      rows[i] = inside ? x.values + ((place.image * tiles.h + y) * tiles.w + place.x - 1) * c : zeros;
    }
  }

  // A column of them.
  INLINE void Column(int j, int64_t channel, Vec (&d)[n]) const {
#pragma GCC unroll 8
    for (int i = 0; i < n; ++i) d[i] = Load(rows[i] + channel + j * c);
  }

  int64_t c;
  const float* rows[n];
};

// The same of windows.
struct WindowRows {
  static constexpr int n = Transform::kIn;

  WindowRows(const Tiles& tiles, const Tiles::Place& place, const Maps& x, int64_t channels, const float* zeros)
      : c(channels) {
    for (int i = 0; i < n / 2 + 1; ++i) {
      const int64_t y = place.y / 2 - 1 + i, h = tiles.h / 2, w = tiles.w / 2;
      const bool inside = y >= 0 && y < h;
      const int64_t at = ((place.image * h + y) * w + place.x / 2 - 1) * c;
      rows[i] = inside ? x.values + at : zeros;
      places[i] = inside ? x.places + at : reinterpret_cast<const uint8_t*>(zeros);
    }
  }

  INLINE void Column(int j, int64_t channel, Vec (&d)[n]) const {
    const int64_t at = channel + (j + 1) / 2 * c;
    const uint32_t right = (j + 1) % 2;
#pragma GCC unroll 8
    for (int i = 0; i <= n; i += 2) {
      const Vec windows = Load(rows[i / 2] + at);
      const Bits of_them = LoadPlaces(places[i / 2] + at);
      if (i > 0) d[i - 1] = GivenTo(windows, of_them, right);
      if (i < n) d[i] = GivenTo(windows, of_them, 2 + right);
    }
  }

  int64_t c;
  const float* rows[n / 2 + 1];
  const uint8_t* places[n / 2 + 1];
};

// 4x4 pixels of the output's gradient, zeros where they are outside of the image.
struct PixelSquare {
  static constexpr int m = Transform::kOut;

  PixelSquare(const Tiles& tiles, const Tiles::Place& place, const Maps& dy, int64_t c, const float* zeros) {
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < m; ++j) {
        const bool inside = place.y + i < tiles.h && place.x + j < tiles.w;
        pixels[i][j] = inside ? dy.values + ((place.image * tiles.h + place.y + i) * tiles.w + place.x + j) * c : zeros;
      }
    }
  }

  // A column of them.
  INLINE void Column(int j, int64_t channel, Vec (&d)[m]) const {
#pragma GCC unroll 8
    for (int i = 0; i < m; ++i) d[i] = Load(pixels[i][j] + channel);
  }

  const float* pixels[m][m];
};

// The same of windows.
struct WindowSquare {
  static constexpr int m = Transform::kOut;

  WindowSquare(const Tiles& tiles, const Tiles::Place& place, const Maps& dy, int64_t c, const float* zeros) {
    for (int i = 0; i < m / 2; ++i) {
      for (int j = 0; j < m / 2; ++j) {
        const int64_t y = place.y / 2 + i, x = place.x / 2 + j, h = tiles.h / 2, w = tiles.w / 2;
        const bool inside = y < h && x < w;
        windows[i][j] = inside ? dy.values + ((place.image * h + y) * w + x) * c : zeros;
        places[i][j] =
            inside ? dy.places + ((place.image * h + y) * w + x) * c : reinterpret_cast<const uint8_t*>(zeros);
      }
    }
  }

  INLINE void Column(int j, int64_t channel, Vec (&d)[m]) const {
#pragma GCC unroll 8
    for (int i = 0; i < m; i += 2) {
      const Vec values = Load(windows[i / 2][j / 2] + channel);
      const Bits of_them = LoadPlaces(places[i / 2][j / 2] + channel);
      d[i] = GivenTo(values, of_them, j % 2);
      d[i + 1] = GivenTo(values, of_them, 2 + j % 2);
    }
  }

  const float* windows[m / 2][m / 2];
  const uint8_t* places[m / 2][m / 2];
};

// --- Transforms ---

// A tile, after the transform along its columns.
template <int kColumns>
struct Half {
  Vec rows[Transform::kIn][kColumns];
};

// The transform along the rows, and all that is put into a block, from `to` on: of one tile, or of a pair.
template <Cells kCells, auto kTransform, int kColumns>
INLINE void TransformRows(const Half<kColumns>& half, [[maybe_unused]] const Half<kColumns>& next, float* to,
                          int64_t plane) {
  constexpr int n = Transform::kIn;
#pragma GCC unroll 8
  for (int i = 0; i < n; ++i) {
    Vec v[n];
    kTransform(half.rows[i], v);
    if constexpr (kCells == Cells::kTiles) {
      Vec w[n];
      kTransform(next.rows[i], w);
#pragma GCC unroll 8
      for (int j = 0; j < n; ++j) Store(to + (i * n + j) * plane, Paired(v[j], w[j]));
    } else {
#pragma GCC unroll 8
      for (int j = 0; j < n; ++j) Put<kCells>(to + (i * n + j) * plane, v[j]);
    }
  }
}

// A tile of the input; its columns from `first` to `last` are inside of the image.
template <class Rows>
struct InputTile {
  InputTile(const Tiles& tiles, const Tiles::Place& place, const Maps& x, int64_t c, const float* zeros)
      : rows(tiles, place, x, c, zeros), first(place.x == 0), last(int(Least(Transform::kIn, tiles.w - place.x + 1))) {}

  // Calls with `first` and `last`, which the compiler knows for tiles inside of an image, at its left, at its right and
  // as wide as it: it keeps the tile in the registers then.
  template <class Function>
  INLINE void WithColumns(const Function& function) const {
    constexpr int n = Transform::kIn;
    if (first == 0 && last == n) {
      function(Constant<0>(), Constant<n>());
    } else if (first == 1 && last == n) {
      function(Constant<1>(), Constant<n>());
    } else if (first == 0 && last == n - 1) {
      function(Constant<0>(), Constant<n - 1>());
    } else if (first == 1 && last == n - 1) {
      function(Constant<1>(), Constant<n - 1>());
    } else {
      function(first, last);
    }
  }

  // B^T d of the vector of channels from `channel`.
  INLINE void TransformColumns(int64_t channel, int from, int to, Half<Transform::kIn>& half) const {
    constexpr int n = Transform::kIn;
#pragma GCC unroll 8
    for (int j = 0; j < n; ++j) {
      Vec d[n], v[n] = {};
      if (j >= from && j < to) {
        rows.Column(j, channel, d);
        Transform::Input(d, v);
      }
#pragma GCC unroll 8
      for (int i = 0; i < n; ++i) half.rows[i][j] = v[i];
    }
  }

  Rows rows;
  int first, last;
};

// B^T d B of `count` tiles of the input, from the tile `begin`.
template <Cells kCells, class Rows>
void TransformInputsOf(const Tiles& tiles, const Maps& x, int64_t c, const float* zeros, int64_t begin, int64_t count,
                       const Block& block, float* to) {
  constexpr auto transform = &Transform::Input;
  if constexpr (kCells == Cells::kTiles) {
    for (int64_t t = 0; t < count; t += 2) {
      const InputTile<Rows> tile(tiles, tiles.At(begin + t), x, c, zeros);
      const InputTile<Rows> next(tiles, tiles.At(begin + Least(t + 1, count - 1)), x, c, zeros);
      for (int64_t channel = 0; channel < c; channel += kLanes) {
        Half<Transform::kIn> half, other = {};
        tile.WithColumns([&](auto first, auto last) { tile.TransformColumns(channel, first, last, half); });
        if (t + 1 < count) {
          next.WithColumns([&](auto first, auto last) { next.TransformColumns(channel, first, last, other); });
        }
        TransformRows<kCells, transform>(half, other, PlaceOf<kCells>(to, block.group, t, channel), block.plane);
      }
    }
  } else {
    for (int64_t t = 0; t < count; ++t) {
      const InputTile<Rows> tile(tiles, tiles.At(begin + t), x, c, zeros);
      tile.WithColumns([&](auto first, auto last) {
        for (int64_t channel = 0; channel < c; channel += kLanes) {
          Half<Transform::kIn> half;
          tile.TransformColumns(channel, first, last, half);
          TransformRows<kCells, transform>(half, half, PlaceOf<kCells>(to, block.group, t, channel), block.plane);
        }
      });
    }
  }
}

// A dy of the vector of channels from `channel`.
template <class Square>
INLINE void TransformGradientColumns(const Square& square, int64_t channel, Half<Transform::kOut>& half) {
#pragma GCC unroll 8
  for (int j = 0; j < Transform::kOut; ++j) {
    Vec d[Transform::kOut], q[Transform::kIn];
    square.Column(j, channel, d);
    Transform::Gradient(d, q);
#pragma GCC unroll 8
    for (int i = 0; i < Transform::kIn; ++i) half.rows[i][j] = q[i];
  }
}

// A dy A^T of `count` tiles, from the tile `begin`.
template <Cells kCells, class Square>
void TransformGradientsOf(const Tiles& tiles, const Maps& dy, int64_t c, const float* zeros, int64_t begin,
                          int64_t count, const Block& block, float* to) {
  constexpr bool paired = kCells == Cells::kTiles;
  for (int64_t t = 0; t < count; t += paired ? 2 : 1) {
    const Square square(tiles, tiles.At(begin + t), dy, c, zeros);
    const Square next(tiles, tiles.At(begin + Least(t + 1, count - 1)), dy, c, zeros);
    for (int64_t channel = 0; channel < c; channel += kLanes) {
      Half<Transform::kOut> half, other = {};
      TransformGradientColumns(square, channel, half);
      if (paired && t + 1 < count) TransformGradientColumns(next, channel, other);
      TransformRows<kCells, &Transform::Gradient>(half, other, PlaceOf<kCells>(to, block.group, t, channel),
                                                  block.plane);
    }
  }
}

template <Cells kCells>
void TransformInputs(const Tiles& tiles, const Maps& x, int64_t c, const float* zeros, int64_t begin, int64_t count,
                     const Block& block, float* to) {
  const auto transform = x.places ? TransformInputsOf<kCells, WindowRows> : TransformInputsOf<kCells, PixelRows>;
  transform(tiles, x, c, zeros, begin, count, block, to);
}

template <Cells kCells>
void TransformGradients(const Tiles& tiles, const Maps& dy, int64_t c, const float* zeros, int64_t begin, int64_t count,
                        const Block& block, float* to) {
  const auto transform =
      dy.places ? TransformGradientsOf<kCells, WindowSquare> : TransformGradientsOf<kCells, PixelSquare>;
  transform(tiles, dy, c, zeros, begin, count, block, to);
}

// A^T m A of the vector of channels at `at`, a row of the tile's results after the other.
struct OutputTile {
  INLINE OutputTile(const float* at, int64_t plane) {
    constexpr int n = Transform::kIn, m = Transform::kOut;
#pragma GCC unroll 8
    for (int j = 0; j < n; ++j) {
      Vec d[n], v[m];
#pragma GCC unroll 8
      for (int i = 0; i < n; ++i) d[i] = Load(at + (i * n + j) * plane);
      Transform::Output(d, v);
#pragma GCC unroll 8
      for (int i = 0; i < m; ++i) rows[i][j] = v[i];
    }
  }

  Vec rows[Transform::kOut][Transform::kIn];
};

// Into the pixels of the result that exist, added to `addend` if there is one.
inline void TransformOutputs(const Tiles& tiles, const float* from, const Block& block, int64_t begin, int64_t count,
                             int64_t c, const float* addend, float* y) {
  constexpr int m = Transform::kOut;
  for (int64_t t = 0; t < count; ++t, from += kGroup) {
    const auto place = tiles.At(begin + t);
    const int64_t offset = ((place.image * tiles.h + place.y) * tiles.w + place.x) * c;
    const int64_t height = Least(m, tiles.h - place.y), width = Least(m, tiles.w - place.x);
    for (int64_t channel = 0; channel < c; channel += kLanes) {
      const OutputTile tile(from + channel / kGroup * block.group + channel % kGroup, block.plane);
#pragma GCC unroll 8
      for (int i = 0; i < m; ++i) {
        if (i >= height) break;
        Vec v[m];
        Transform::Output(tile.rows[i], v);
        const int64_t row = offset + i * tiles.w * c + channel;
        if (width == m && !addend) {
#pragma GCC unroll 8
          for (int j = 0; j < m; ++j) Store(y + row + j * c, v[j]);
        } else {
#pragma GCC unroll 8
          for (int j = 0; j < m; ++j) {
            if (j < width) Store(y + row + j * c, addend ? v[j] + Load(addend + row + j * c) : v[j]);
          }
        }
      }
    }
  }
}

// Into the windows of the result: the largest of each, and its place. What isn't a number is kept.
inline void PoolOutputs(const Tiles& tiles, const float* from, const Block& block, int64_t begin, int64_t count,
                        int64_t c, float* y, uint8_t* places) {
  constexpr int m = Transform::kOut;
  for (int64_t t = 0; t < count; ++t, from += kGroup) {
    const auto place = tiles.At(begin + t);
    const int64_t w = tiles.w / 2, offset = ((place.image * tiles.h / 2 + place.y / 2) * w + place.x / 2) * c;
    const int64_t height = Least(m, tiles.h - place.y), width = Least(m, tiles.w - place.x);
    for (int64_t channel = 0; channel < c; channel += kLanes) {
      const OutputTile tile(from + channel / kGroup * block.group + channel % kGroup, block.plane);
#pragma GCC unroll 8
      for (int i = 0; i < m; i += 2) {
        if (i >= height) break;
        Vec rows[2][m];
        Transform::Output(tile.rows[i], rows[0]);
        Transform::Output(tile.rows[i + 1], rows[1]);
#pragma GCC unroll 8
        for (int j = 0; j < m; j += 2) {
          if (j >= width) break;
          Vec most = rows[0][j];
          Bits at{};
#pragma GCC unroll 4
          for (uint32_t k = 1; k < 4; ++k) {
            const Vec value = rows[k / 2][j + k % 2];
            const auto kept = (most >= value) | (most != most);
            most = kept ? most : value;
            at = kept ? at : k - Bits{};
          }
          const int64_t window = offset + (i / 2 * w + j / 2) * c + channel;
          Store(y + window, most);
          StorePlaces(places + window, at);
        }
      }
    }
  }
}
