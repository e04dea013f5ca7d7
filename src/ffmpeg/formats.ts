/**
 * The formats that are read from files, by the names of ffmpeg's demuxers.
 *
 * What is not here names other files or servers, and ffmpeg 4 lets some of it reach them whatever
 * protocols it is given (a DASH manifest connects to any host): playlists, manifests, session
 * descriptions, scripts. Nor are the formats of old games here, whose demuxers few have looked at.
 * A list of ffconcat is: ffmpeg itself takes only names below it, of these formats.
 */
const FILE_FORMATS: readonly string[] = [
  // Containers.
  ...["mov", "matroska", "avi", "mpegts", "mpeg", "flv", "live_flv", "asf", "asf_o", "ogg", "nut"],
  ...["mxf", "mxf_opatom", "gxf", "lxf", "rm", "wtv", "nuv", "nsv", "dv", "ivf", "concat"],
  // Cameras.
  ...["dhav", "cine", "r3d", "mlv", "ipu", "mpjpeg", "kux", "ty"],
  // Bare streams.
  ...["h261", "h263", "h264", "hevc", "vvc", "m4v", "mpegvideo", "vc1", "vc1test", "av1", "obu"],
  ...["evc", "dirac", "dnxhd", "cavsvideo", "avs2", "avs3", "mjpeg", "mjpeg_2000", "smjpeg"],
  ...["yuv4mpegpipe"],
  // Pictures.
  ...["image2", "image2pipe", "gif", "apng", "ico", "jpegxl_anim", "bmp_pipe", "dds_pipe"],
  ...["dpx_pipe", "exr_pipe", "gif_pipe", "hdr_pipe", "j2k_pipe", "jpeg_pipe", "jpegls_pipe"],
  ...["jpegxl_pipe", "pam_pipe", "pbm_pipe", "pcx_pipe", "pfm_pipe", "pgm_pipe", "pgmyuv_pipe"],
  ...["png_pipe", "ppm_pipe", "psd_pipe", "qoi_pipe", "sgi_pipe", "sunrast_pipe", "tiff_pipe"],
  ...["webp_pipe", "xbm_pipe", "xwd_pipe"],
  // Sound alone, so that it can be said that there is no picture.
  ...["wav", "w64", "mp3", "aac", "flac", "aiff", "caf", "ac3", "eac3", "dts", "truehd", "mlp"],
  ...["amr", "au", "ape", "tta", "wv"],
];

/** The argument of `-format_whitelist`. */
export const FORMAT_WHITELIST: string = FILE_FORMATS.join(",");

/** Whether ffmpeg's messages say that it knows the format and may not read it. */
export function isForbiddenFormat(stderr: string): boolean {
  return stderr.includes("Format not on whitelist");
}
