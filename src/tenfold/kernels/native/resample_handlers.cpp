// What XLA calls to move the pixels of images: each output value is taken between four pixels, bilinearly.
//
//     for each image
//       for each pixel of the output: the four pixels around its place, weighted by nearness, channel by channel
//
// The places are scattered, so that there is nothing for vectors to do.

#include <algorithm>

#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace tenfold {
namespace {

using Images = ffi::Buffer<ffi::F32, 4>;
using Places = ffi::Buffer<ffi::F32, 3>;

// Images that lie one after the other: [height, width, channels] each; 0 around them if `black`, else the nearest pixel.
struct Source {
  int height, width, channels;
  bool black;
};

// A place along one side: the pixel before it, and how far it is from there to the next.
struct Place {
  int before;
  float beyond;

  // From a pixel outside on, all is the same. What is not a number counts as outside.
  Place(float at, int size) {
    const float inside = at > -1 ? std::min(at, static_cast<float>(size)) : -1;
    before = static_cast<int>(inside + 1) - 1;
    beyond = inside - static_cast<float>(before);
  }
};

// Where a pixel begins; null if it is black.
const float* pixel(const Source& source, const float* image, int row, int column) {
  const int y = std::clamp(row, 0, source.height - 1), x = std::clamp(column, 0, source.width - 1);
  if (source.black && (y != row || x != column)) return nullptr;
  return image + (size_t(y) * source.width + x) * source.channels;
}

void resample_pixel(const Source& source, const float* image, float row, float column, float* output) {
  const Place down(row, source.height), across(column, source.width);
  std::fill_n(output, source.channels, 0.0f);
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      const float weight = (i ? down.beyond : 1 - down.beyond) * (j ? across.beyond : 1 - across.beyond);
      const float* values = pixel(source, image, down.before + i, across.before + j);
      if (!values || weight == 0) continue;
      for (int channel = 0; channel < source.channels; channel++) output[channel] += weight * values[channel];
    }
}

ffi::Error Resample(ffi::ThreadPool pool, bool black, Images images, Places rows, Places columns,
                    ffi::Result<Images> outputs) {
  const auto shape = images.dimensions(), place_shape = rows.dimensions();
  const Source source = {int(shape[1]), int(shape[2]), int(shape[3]), black};
  const size_t image_size = size_t(shape[1]) * shape[2] * shape[3], pixels = size_t(place_shape[1]) * place_shape[2];
  const int count = static_cast<int>(shape[0]), parts = std::min(count, 4 * threads(pool));
  parallel(pool, parts, [&](int part) {
    for (int n = share(count, part, parts); n < share(count, part + 1, parts); n++)
      for (size_t at = n * pixels; at < (n + 1) * pixels; at++)
        resample_pixel(source, images.typed_data() + n * image_size, rows.typed_data()[at], columns.typed_data()[at],
                       outputs->typed_data() + at * source.channels);
  });
  return ffi::Error::Success();
}

}  // namespace
}  // namespace tenfold

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldResample, tenfold::Resample,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Attr<bool>("black")
                                  .Arg<tenfold::Images>()
                                  .Arg<tenfold::Places>()
                                  .Arg<tenfold::Places>()
                                  .Ret<tenfold::Images>());

#pragma GCC visibility pop
