using System.IO.Compression;

namespace Recs.Engine.Tests.Ranking.Onnx;

/// <summary>Models made elsewhere, and NumPy archives of what they answer; a test is skipped where they are absent.</summary>
internal static class SharedModels
{
    public static byte[] Require(params string[] path)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var file = Path.Combine([at.FullName, "shared", "data", "onnx", .. path]);
            if (File.Exists(file))
                return File.ReadAllBytes(file);
        }

        Skip.If(true, $"The model {Path.Combine(path)} is not on this machine.");
        return [];
    }

    /// <summary>Arrays of a .npz file by name, as doubles.</summary>
    public static Dictionary<string, (int[] Dims, double[] Values)> Arrays(byte[] npz)
    {
        using var archive = new ZipArchive(new MemoryStream(npz));
        return archive.Entries.ToDictionary(e => e.Name[..^4], e =>
        {
            using var stream = e.Open();
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            return Npy(copy.ToArray());
        }, StringComparer.Ordinal);
    }

    private static (int[] Dims, double[] Values) Npy(byte[] bytes)
    {
        var header = System.Text.Encoding.ASCII.GetString(bytes, 10, BitConverter.ToUInt16(bytes, 8));
        var data = bytes.AsSpan(10 + header.Length);
        var shape = header[(header.IndexOf('(', StringComparison.Ordinal) + 1)..header.IndexOf(')', StringComparison.Ordinal)];
        var dims = shape.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(d => int.Parse(d, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var values = new double[dims.Aggregate(1, (a, b) => a * b)];
        var type = header.Split('\'')[3];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = type switch
            {
                "<f4" => BitConverter.ToSingle(data[(i * 4)..]),
                "<f8" => BitConverter.ToDouble(data[(i * 8)..]),
                "<i8" => BitConverter.ToInt64(data[(i * 8)..]),
                "<i4" => BitConverter.ToInt32(data[(i * 4)..]),
                _ => throw new NotSupportedException(type),
            };
        }

        return (dims, values);
    }
}
