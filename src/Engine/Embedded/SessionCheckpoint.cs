using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// What the sessions on disk hold of the event log, and which bytes of the store had been flushed when that was
/// written down. A file of its own, replaced whole. Immutable.
/// </summary>
/// <param name="NextOrdinal">The sessions hold every event of the log below it, and perhaps some above.</param>
/// <param name="State">The caller's own, consistent with <paramref name="NextOrdinal"/>.</param>
/// <param name="FlushedFile">The file that took records then; those below it are flushed whole. 0 for none.</param>
/// <param name="FlushedTo">Bytes of <paramref name="FlushedFile"/> that were flushed.</param>
/// <param name="Files">Numbers of the files there were.</param>
internal sealed record SessionCheckpoint(long NextOrdinal, byte[] State, uint FlushedFile, long FlushedTo, uint[] Files)
{
    public const string FileName = "checkpoint";

    private const uint Version = 1;

    public static readonly SessionCheckpoint None = new(0, [], 0, 0, []);

    private static ReadOnlySpan<byte> Magic => "RECSCHK\n"u8;

    /// <summary><see cref="None"/> when there is no file; throws <see cref="InvalidDataException"/> when it is damaged.</summary>
    public static SessionCheckpoint Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            return None;
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < Magic.Length + 2 * sizeof(uint) || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic))
            throw new InvalidDataException($"'{path}' is damaged at offset 0: it does not begin like a checkpoint.");
        var content = bytes.AsSpan(0, bytes.Length - sizeof(uint));
        if (BitConverter.ToUInt32(bytes, content.Length) != Crc32C.Compute(content))
            throw new InvalidDataException($"'{path}' is damaged: its checksum does not match.");
        var reader = new ByteReader(content[Magic.Length..]);
        var version = reader.UInt32();
        if (version != Version)
            throw new RecommenderException(RefusalKind.Conflict, $"'{path}' has checkpoint format {version}; this version reads format {Version}.");
        var ordinal = reader.Int64();
        var flushedFile = reader.UInt32();
        var flushedTo = reader.Int64();
        var files = new uint[reader.Count(int.MaxValue, 1, "files")];
        for (var i = 0; i < files.Length; i++)
            files[i] = (uint)reader.Bounded(uint.MaxValue, "a file's number");
        var state = reader.Blob().ToArray();
        reader.End();
        return new SessionCheckpoint(ordinal, state, flushedFile, flushedTo, files);
    }

    public byte[] Encode()
    {
        var writer = new ByteWriter(64 + State.Length);
        writer.Bytes(Magic);
        writer.UInt32(Version);
        writer.Int64(NextOrdinal);
        writer.UInt32(FlushedFile);
        writer.Int64(FlushedTo);
        writer.Varint((ulong)Files.Length);
        foreach (var number in Files)
            writer.Varint(number);
        writer.Varint((ulong)State.Length);
        writer.Bytes(State);
        writer.UInt32(Crc32C.Compute(writer.Written));
        return writer.ToArray();
    }

    public void Write(IStorageFiles files, string directory) => files.Replace(Path.Combine(directory, FileName), Encode());

    /// <summary>True when the bytes at the place had been flushed, so that a record broken there is damage.</summary>
    public bool Covers(uint file, long offset) => file < FlushedFile || file == FlushedFile && offset < FlushedTo;
}
