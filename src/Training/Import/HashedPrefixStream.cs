using System.Security.Cryptography;
using System.Text;

namespace Recs.Training.Import;

/// <summary>Hashes what is read through it, and can look at the first bytes to find a byte order mark.</summary>
internal sealed class HashedPrefixStream(Stream inner, IncrementalHash hash, string name) : ReadOnlyStream
{
    private readonly byte[] _prefix = new byte[3];
    private int _prefixLength;
    private int _prefixRead;

    /// <summary>The encoding that a byte order mark tells, UTF-8 without one; the mark is skipped. Call before the first read.</summary>
    public Encoding DetectEncoding()
    {
        FillPrefix();
        var prefix = _prefix.AsSpan(0, _prefixLength);
        if (prefix is [0xEF, 0xBB, 0xBF])
            _prefixRead = 3;
        if (prefix is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            _prefixRead = 2;
            return prefix[0] == 0xFF ? Encoding.Unicode : Encoding.BigEndianUnicode;
        }

        return Encoding.UTF8;
    }

    public override int Read(Span<byte> buffer)
    {
        if (_prefixRead < _prefixLength)
        {
            var rest = _prefix.AsSpan(_prefixRead, _prefixLength - _prefixRead);
            var copied = Math.Min(rest.Length, buffer.Length);
            rest[..copied].CopyTo(buffer);
            _prefixRead += copied;
            return copied;
        }

        var read = inner.Read(buffer);
        hash.AppendData(buffer[..read]);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private void FillPrefix()
    {
        try
        {
            while (_prefixLength < _prefix.Length)
            {
                var read = inner.Read(_prefix.AsSpan(_prefixLength));
                if (read == 0)
                    break;
                _prefixLength += read;
            }
        }
        catch (InvalidDataException e)
        {
            throw new ImportException($"{name} is damaged: {e.Message} Nothing was imported.", e);
        }

        hash.AppendData(_prefix.AsSpan(0, _prefixLength));
    }
}
