using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Recs.Engine.Models;

/// <summary>
/// The binary files of a model folder: 8 bytes of magic, a format number, counts, then arrays, all little endian.
/// Every count is held against the file's length before anything is allocated. Layout: docs/model-format.md.
/// </summary>
internal static class ModelFiles
{
    /// <summary>Empty, and no part of the manifest: its being there says that the version only looks on.</summary>
    public const string LooksOn = "looks-on";

    public const string Items = "items.bin", Factors = "factors.bin", Neighbours = "neighbours.bin",
        Linear = "linear.bin", Popularity = "popularity.bin", Ranker = "ranker.json", Graph = "ranker.onnx", Conversion = "conversion.json",
        Manifest = "manifest.json";

    public const uint Format = 1;

    /// <summary>Most items of one model, and the largest rank: bounds on what a file may ask for.</summary>
    public const int MaxItems = 10_000_000, MaxRank = 512;

    public const int MagicBytes = 8, HeaderBytes = MagicBytes + 4;

    public static void WriteItems(Stream stream, IReadOnlyList<string> ids)
    {
        using var writer = Header(stream, "RECSITEM");
        writer.Write(ids.Count);
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(Limits.MaxIdLength)];
        foreach (var id in ids)
        {
            var length = Encoding.UTF8.GetBytes(id, bytes);
            writer.Write((ushort)length);
            writer.Write(bytes, 0, length);
        }
    }

    public static string[] ReadItems(ModelFileReader reader)
    {
        reader.Header("RECSITEM");
        // An entry takes at least 3 bytes, so the count cannot ask for more than the file's size allows.
        var ids = new string[reader.Count("item count", MaxItems, bytesEach: 3)];
        var seen = new HashSet<string>(ids.Length, StringComparer.Ordinal);
        for (var i = 0; i < ids.Length; i++)
        {
            var id = reader.Text(reader.UInt16($"length of item id {i}"), $"item id {i}");
            try
            {
                IdRules.Check("itemId", id);
            }
            catch (RecommenderException e)
            {
                throw reader.Bad($"item id {i}: {e.Message.TrimEnd('.')}");
            }

            if (!seen.Add(id))
                throw reader.Bad($"item id '{id}' is there twice");
            ids[i] = id;
        }

        reader.End();
        return ids;
    }

    public static void WriteFactors(Stream stream, ItemFactors factors)
    {
        using var writer = Header(stream, "RECSFACT");
        writer.Write(factors.Rows);
        writer.Write(factors.Rank);
        writer.Write(factors.Alpha);
        writer.Write(factors.UnobservedWeight);
        writer.Write(factors.Lambda);
        writer.Write(factors.RegularizationExponent);
        Floats(writer, factors.Values.AsSpan(0, factors.Rows * factors.Rank));
    }

    public static StoredFactors ReadFactors(ModelFileReader reader, int items)
    {
        reader.Header("RECSFACT");
        var rows = reader.Count("row count", items, bytesEach: 0);
        var rank = reader.Count("rank", MaxRank, bytesEach: 0);
        if (rank == 0)
            throw reader.Bad($"rank is 0; legal is 1 to {MaxRank}");
        var alpha = Positive(reader, "alpha");
        var unobserved = Positive(reader, "unobservedWeight");
        var lambda = Positive(reader, "lambda");
        var exponent = reader.Double("regularizationExponent");
        if (!(exponent is >= 0 and <= 1))
            throw reader.Bad($"regularizationExponent is {exponent}; legal is 0 to 1");
        var values = reader.Floats((long)rows * rank, "factor");
        reader.End();
        return new StoredFactors(rows, rank, alpha, unobserved, lambda, exponent, values);
    }

    /// <summary>Neighbours by row of the item table, of rows.</summary>
    public static void WriteNeighbours(Stream stream, ItemNeighbours byRow)
    {
        using var writer = Header(stream, "RECSNEIG");
        writer.Write(byRow.Offsets.Length - 1);
        writer.Write(byRow.Items.Length);
        Ints(writer, byRow.Offsets);
        Ints(writer, byRow.Items);
        Floats(writer, byRow.Scores);
    }

    public static ItemNeighbours ReadNeighbours(ModelFileReader reader, int items)
    {
        reader.Header("RECSNEIG");
        var covered = reader.Count("row count", items, bytesEach: 4);
        var total = reader.Count("neighbour count", int.MaxValue, bytesEach: 8);
        var offsets = reader.Ints(covered + 1, "offset");
        if (offsets[0] != 0 || offsets[^1] != total)
            throw reader.Bad($"offsets run from {offsets[0]} to {offsets[^1]}; they must run from 0 to {total}");
        for (var i = 0; i < covered; i++)
        {
            if (offsets[i + 1] < offsets[i])
                throw reader.Bad($"offset {i + 1} is {offsets[i + 1]}, below the one before it ({offsets[i]})");
        }

        var rows = reader.Ints(total, "neighbour");
        foreach (var row in rows)
        {
            if ((uint)row >= (uint)items)
                throw reader.Bad($"a neighbour is row {row}; legal is 0 to {items - 1}");
        }

        var scores = reader.Floats(total, "score");
        reader.End();
        return new ItemNeighbours { Offsets = offsets, Items = rows, Scores = scores };
    }

    public static void WritePopularity(Stream stream, ReadOnlySpan<float> popularity)
    {
        using var writer = Header(stream, "RECSPOPU");
        writer.Write(popularity.Length);
        Floats(writer, popularity);
    }

    public static float[] ReadPopularity(ModelFileReader reader, int items)
    {
        reader.Header("RECSPOPU");
        var values = reader.Floats(reader.Count("row count", items, bytesEach: 4), "popularity");
        foreach (var value in values)
        {
            if (value < 0)
                throw reader.Bad($"a popularity is {value}; legal is 0 or more");
        }

        reader.End();
        return values;
    }

    private static double Positive(ModelFileReader reader, string name)
    {
        var value = reader.Double(name);
        return double.IsFinite(value) && value > 0 ? value : throw reader.Bad($"{name} is {value}; legal is above 0");
    }

    private static BinaryWriter Header(Stream stream, string magic)
    {
        var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Encoding.ASCII.GetBytes(magic));
        writer.Write(Format);
        return writer;
    }

    private static void Ints(BinaryWriter writer, ReadOnlySpan<int> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            writer.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        foreach (var value in values)
            writer.Write(value);
    }

    private static void Floats(BinaryWriter writer, ReadOnlySpan<float> values) =>
        Ints(writer, MemoryMarshal.Cast<float, int>(values));
}

/// <summary>factors.bin as stored: rows are the first rows of the item table.</summary>
internal sealed record StoredFactors(
    int Rows, int Rank, double Alpha, double UnobservedWeight, double Lambda, double RegularizationExponent, float[] Values);
