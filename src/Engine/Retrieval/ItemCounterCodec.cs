using System.Security.Cryptography;
using System.Text;

namespace Recs.Engine.Retrieval;

/// <summary>
/// The encoding of <see cref="ItemCounters"/>, little-endian: "RCNT", format (int32, 1), payload bytes (int64),
/// SHA-256 of the payload, payload. Payload: short and long half-life in ms, newest event in ms, landmark in long
/// half-lives since 1970 (int64 each), number of rows (int32), rows: id (length-prefixed UTF-8), sums of positive
/// events short and long, impressions, clicks (double each) relative to the landmark.
/// </summary>
internal static class ItemCounterCodec
{
    // 1 million items of 128-character ids stay well below; anything larger is a damaged length.
    private const long MaxPayloadBytes = 1L << 30;

    private static readonly byte[] Magic = "RCNT"u8.ToArray();

    internal readonly record struct Row(string Id, double Short, double Long, double Impressions, double Clicks);

    internal sealed record Saved(long ShortMs, long LongMs, long NewestMs, long Landmark, IReadOnlyList<Row> Rows);

    public static void Write(Stream stream, Saved saved)
    {
        using var payload = new MemoryStream();
        using (var writer = new BinaryWriter(payload, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(saved.ShortMs);
            writer.Write(saved.LongMs);
            writer.Write(saved.NewestMs);
            writer.Write(saved.Landmark);
            writer.Write(saved.Rows.Count);
            foreach (var row in saved.Rows)
            {
                writer.Write(row.Id);
                writer.Write(row.Short);
                writer.Write(row.Long);
                writer.Write(row.Impressions);
                writer.Write(row.Clicks);
            }
        }
        var bytes = payload.GetBuffer().AsSpan(0, checked((int)payload.Length));
        using var header = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        header.Write(Magic);
        header.Write(1);
        header.Write((long)bytes.Length);
        header.Write(SHA256.HashData(bytes));
        header.Write(bytes);
    }

    public static Saved Read(Stream stream)
    {
        try
        {
            using var header = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
            if (!header.ReadBytes(Magic.Length).AsSpan().SequenceEqual(Magic))
                throw new InvalidDataException("item counters: the stream does not start with 'RCNT'.");
            if (header.ReadInt32() is var format && format != 1)
                throw new InvalidDataException($"item counters: format was {format}; known is 1.");
            var length = header.ReadInt64();
            if (length is < 0 or > MaxPayloadBytes)
                throw new InvalidDataException($"item counters: payload length was {length}; legal is 0 to {MaxPayloadBytes}.");
            if (stream.CanSeek && length > stream.Length - stream.Position)
                throw new InvalidDataException($"item counters: the stream ends {length - stream.Length + stream.Position} bytes early.");
            var checksum = header.ReadBytes(SHA256.HashSizeInBytes);
            var payload = new byte[length];
            stream.ReadExactly(payload);
            if (!SHA256.HashData(payload).AsSpan().SequenceEqual(checksum))
                throw new InvalidDataException("item counters: the checksum does not match.");
            return ReadPayload(payload);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("item counters: the stream ends early.", e);
        }
    }

    private static Saved ReadPayload(byte[] payload)
    {
        using var reader = new BinaryReader(new MemoryStream(payload), Encoding.UTF8);
        var (shortMs, longMs, newest, landmark) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        var rows = new Row[reader.ReadInt32()];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = new(reader.ReadString(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        return new(shortMs, longMs, newest, landmark, rows);
    }
}
