using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Recs.Training.Evaluation;

namespace Recs.Training.NextItem;

/// <summary>
/// A trained encoder on disk: the weights, then the embeddings, as little-endian floats, then their SHA-256. What it was
/// trained on is in its name.
/// </summary>
internal static class EncoderFile
{
    // Raised when the same settings would train otherwise.
    private const int TrainingVersion = 2;

    public static string NameOf(Sequences runs, NextItemOptions options, int seed)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{TrainingVersion} {seed} {runs.ItemCount} {options}")));
        hash.AppendData(MemoryMarshal.AsBytes<int>(runs.Offsets));
        hash.AppendData(MemoryMarshal.AsBytes<int>(runs.Items));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 12)) + ".encoder";
    }

    /// <summary>Null where there is no whole file.</summary>
    public static AttentionEncoder? Read(string file, NextItemOptions options, int itemCount)
    {
        if (!File.Exists(file))
            return null;
        var bytes = File.ReadAllBytes(file);
        var (weights, embeddings) = (new float[new EncoderLayout(options).Size], new float[itemCount * options.Dimension]);
        var size = (weights.Length + embeddings.Length) * sizeof(float);
        if (bytes.Length != size + SHA256.HashSizeInBytes || !SHA256.HashData(bytes.AsSpan(0, size)).AsSpan().SequenceEqual(bytes.AsSpan(size)))
            return null;
        var values = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(0, size));
        values[..weights.Length].CopyTo(weights);
        values[weights.Length..].CopyTo(embeddings);
        return new AttentionEncoder(options, weights, embeddings, itemCount);
    }

    public static void Write(string file, AttentionEncoder encoder)
    {
        var (weights, embeddings) = encoder.Values;
        byte[] values = [.. MemoryMarshal.AsBytes<float>(weights), .. MemoryMarshal.AsBytes<float>(embeddings)];
        var begun = file + ".tmp";
        File.WriteAllBytes(begun, [.. values, .. SHA256.HashData(values)]);
        File.Move(begun, file, overwrite: true);
    }
}
