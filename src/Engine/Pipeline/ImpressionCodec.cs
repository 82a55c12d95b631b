using System.Runtime.InteropServices;
using System.Text;
using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Pipeline;

/// <summary>Impression records as bytes. Layout: docs/formats.md.</summary>
public static class ImpressionCodec
{
    /// <summary>2 added what was asked for, at the end; 3 what the page was ranked for, and is written only where that is not clicks alone; 4 the named space, of pages made from one, which are ranked for nothing.</summary>
    private const byte Format = 4, WithObjective = 3, WithoutEither = 2;

    public static byte[] Encode(ImpressionRecord record)
    {
        using var stream = new MemoryStream(256);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(record.Asked?.Space is not null ? Format : record.Asked?.Objective is not null ? WithObjective : WithoutEither);
        writer.Write(record.RequestId);
        writer.Write(record.UserId is not null);
        if (record.UserId is not null)
            writer.Write(record.UserId);
        writer.Write7BitEncodedInt64(record.Sequence);
        writer.Write(record.AtMs);
        writer.Write(record.ModelVersion ?? "");
        writer.Write7BitEncodedInt64(record.CatalogVersion);
        writer.Write(record.Surface);
        writer.Write7BitEncodedInt(record.Candidates);
        writer.Write7BitEncodedInt(record.Degraded.Count);
        foreach (var stage in record.Degraded)
            writer.Write(stage);
        writer.Write7BitEncodedInt(record.Shown.Count);
        foreach (var shown in record.Shown)
        {
            writer.Write(shown.ItemId);
            writer.Write(shown.Score);
            writer.Write7BitEncodedInt(shown.Features.Length);
            writer.Write(MemoryMarshal.AsBytes(shown.Features.Span));
        }

        writer.Write(record.Asked is not null);
        if (record.Asked is { } asked)
        {
            WriteAsked(writer, asked);
            if (asked.Space is { } space)
                writer.Write(space);
            else if (asked.Objective is { } objective)
                WriteObjective(writer, objective);
        }

        return stream.ToArray();
    }

    /// <summary>Null for an emptied record. Throws <see cref="InvalidDataException"/> on damage.</summary>
    public static ImpressionRecord? Decode(ReadOnlyMemory<byte> payload)
    {
        if (payload.IsEmpty)
            return null;
        using var stream = new MemoryStream(payload.ToArray(), writable: false);
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        try
        {
            var format = reader.ReadByte();
            if (format is 0 or > Format)
                throw new InvalidDataException($"Impression record has format {format}; this version reads 1 to {Format}.");
            var record = new ImpressionRecord
            {
                RequestId = reader.ReadString(),
                UserId = reader.ReadBoolean() ? reader.ReadString() : null,
                Sequence = reader.Read7BitEncodedInt64(),
                AtMs = reader.ReadInt64(),
                ModelVersion = reader.ReadString() is { Length: > 0 } version ? version : null,
                CatalogVersion = reader.Read7BitEncodedInt64(),
                Surface = reader.ReadString(),
                Candidates = reader.Read7BitEncodedInt(),
                Degraded = ReadList(reader, r => r.ReadString()),
                Shown = ReadList(reader, ReadShown),
            };
            if (format == 1 || !reader.ReadBoolean())
                return record;
            var asked = ReadAsked(reader);
            return record with
            {
                Asked = format switch
                {
                    WithoutEither => asked,
                    WithObjective => asked with { Objective = ReadObjective(reader) },
                    _ => asked with { Space = reader.ReadString() },
                },
            };
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"Impression record of {payload.Length} bytes is damaged: {e.Message}", e);
        }
    }

    private static void WriteAsked(BinaryWriter writer, AskedPage asked)
    {
        writer.Write(asked.Kind);
        writer.Write7BitEncodedInt(asked.Count);
        writer.Write(asked.SeedItemId ?? "");
        writer.Write(asked.Filter ?? "");
        writer.Write7BitEncodedInt(asked.Exclude.Count);
        foreach (var id in asked.Exclude)
            writer.Write(id);
        writer.Write(asked.IncludeSeen);
        writer.Write(asked.EventOrdinal);
    }

    private static AskedPage ReadAsked(BinaryReader reader) => new(
        reader.ReadString(),
        reader.Read7BitEncodedInt(),
        reader.ReadString() is { Length: > 0 } seed ? seed : null,
        reader.ReadString() is { Length: > 0 } filter ? filter : null,
        ReadList(reader, r => r.ReadString()),
        reader.ReadBoolean(),
        reader.ReadInt64());

    private static void WriteObjective(BinaryWriter writer, ObjectiveWeights objective)
    {
        writer.Write(objective.Click);
        writer.Write(objective.Purchase);
        writer.Write(objective.Value);
    }

    private static ObjectiveWeights ReadObjective(BinaryReader reader) => new(reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());

    private static ShownItem ReadShown(BinaryReader reader)
    {
        var id = reader.ReadString();
        var score = reader.ReadDouble();
        var features = new float[CheckCount(reader, reader.Read7BitEncodedInt(), sizeof(float))];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(features.AsSpan()));
        return new ShownItem(id, score, features);
    }

    private static T[] ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var list = new T[CheckCount(reader, reader.Read7BitEncodedInt(), 1)];
        for (var i = 0; i < list.Length; i++)
            list[i] = read(reader);
        return list;
    }

    private static int CheckCount(BinaryReader reader, int count, int bytesEach)
    {
        var left = reader.BaseStream.Length - reader.BaseStream.Position;
        if (count < 0 || (long)count * bytesEach > left)
            throw new InvalidDataException($"Impression record says {count} elements where {left} bytes are left.");
        return count;
    }
}
