using System.IO.Compression;

namespace Recs.Training.Import;

/// <summary>
/// Unzips a file and fails when its end is missing, which <see cref="GZipStream"/> by itself takes for the end of the
/// content. A small archive is put after the file: where the file is whole its content comes out last, otherwise it
/// does not. Works for archives of several parts. Not thread-safe.
/// </summary>
internal sealed class WholeGzipStream : ReadOnlyStream
{
    private static readonly byte[] Sentinel = "\u0001recs-end-of-it\u0002"u8.ToArray();

    private readonly GZipStream _zip;
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _atEnd;

    public WholeGzipStream(Stream file) =>
        _zip = new GZipStream(new Chained(file, new MemoryStream(Zip(Sentinel), false)), CompressionMode.Decompress);

    public override int Read(Span<byte> buffer)
    {
        while (!_atEnd && _end - _start <= Sentinel.Length)
            Fill();
        var available = _end - _start - Sentinel.Length;
        if (_atEnd && (available < 0 || !_buffer.AsSpan(_end - Sentinel.Length, Sentinel.Length).SequenceEqual(Sentinel)))
            throw new InvalidDataException("its end is missing, or it is no gzip archive.");
        var copied = Math.Min(available, buffer.Length);
        _buffer.AsSpan(_start, copied).CopyTo(buffer);
        _start += copied;
        return copied;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _zip.Dispose();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        var read = _zip.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _atEnd = read == 0;
    }

    private static byte[] Zip(byte[] content)
    {
        var memory = new MemoryStream();
        using (var zip = new GZipStream(memory, CompressionLevel.Fastest))
            zip.Write(content);
        return memory.ToArray();
    }

    /// <summary>One stream after another; disposes both.</summary>
    private sealed class Chained(Stream first, Stream second) : ReadOnlyStream
    {
        private bool _inSecond;

        public override int Read(Span<byte> buffer)
        {
            if (!_inSecond)
            {
                var read = first.Read(buffer);
                if (read > 0)
                    return read;
                _inSecond = true;
            }

            return second.Read(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                first.Dispose();
                second.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
