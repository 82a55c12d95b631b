using System.Security.Cryptography;
using System.Text;

namespace Recs.Training.Import;

/// <summary>
/// A file's content as UTF-8: unzipped when its name ends in .gz, transcoded when it is written otherwise, and hashed
/// on the way, so that a file and its zipped copy have one name. Not thread-safe.
/// </summary>
internal sealed class ContentStream : ReadOnlyStream
{
    private readonly FileStream _file;
    private readonly Stream _plain;
    private readonly Stream _utf8;
    private readonly IncrementalHash _hash;
    private readonly string _name;

    private ContentStream(FileStream file, Stream plain, Stream utf8, IncrementalHash hash, string encoding)
    {
        _file = file;
        _plain = plain;
        _utf8 = utf8;
        _hash = hash;
        _name = Path.GetFileName(file.Name);
        EncodingName = encoding;
    }

    /// <summary>Name of the encoding the content was taken as.</summary>
    public string EncodingName { get; }

    /// <summary>Bytes of the file on disk read so far, and in all.</summary>
    public (long Done, long Total) FileProgress => (_file.Position, _file.Length);

    /// <param name="path">The file.</param>
    /// <param name="encoding">A name known to .NET; UTF-8 when null, and UTF-16 when its byte order mark is there.</param>
    public static ContentStream Open(string path, string? encoding)
    {
        if (Directory.Exists(path))
            throw new ImportException($"'{path}' is a folder; a file is needed.");
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ImportException($"'{path}' cannot be read: {e.Message}", e);
        }

        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            Stream raw = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                ? new WholeGzipStream(file)
                : file;
            var plain = new HashedPrefixStream(raw, hash, Path.GetFileName(path));
            var marked = plain.DetectEncoding();
            var chosen = encoding is null ? marked : Find(encoding);
            var utf8 = chosen is UTF8Encoding
                ? plain
                : Encoding.CreateTranscodingStream(plain, chosen, new UTF8Encoding(false));
            return new ContentStream(file, plain, utf8, hash, chosen.WebName);
        }
        catch
        {
            hash.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <summary>SHA-256 of the unzipped content, lower-case hex. Whole once the stream has been read to its end.</summary>
    public string ContentHash() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _utf8.Read(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new ImportException($"{_name} is damaged: {e.Message} Nothing was imported.", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (!ReferenceEquals(_utf8, _plain))
                _utf8.Dispose();
            _plain.Dispose();
            _file.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Encoding Find(string name)
    {
        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ReplacementFallback, DecoderFallback.ReplacementFallback);
        }
        catch (ArgumentException)
        {
            // The older code pages come from a provider that is not registered by itself.
            return CodePagesEncodingProvider.Instance.GetEncoding(name)
                ?? throw new ImportException($"encoding was '{name}'; legal is utf-8, latin1, utf-16, windows-1252 and the like.");
        }
    }
}
