using System.Globalization;

namespace Recs.Grains;

/// <summary>The key of a shard replica: "space/shard/replica".</summary>
/// <param name="Space">Name of the vector space.</param>
/// <param name="Shard">0 to shards - 1.</param>
/// <param name="Replica">0 to replicas - 1.</param>
internal readonly record struct ShardKey(string Space, int Shard, int Replica)
{
    /// <summary>Replicas of one shard have neighbouring numbers; see <see cref="Placement.SpreadPlacementDirector"/>.</summary>
    public int SpreadNumber => Shard + Replica;

    public static ShardKey Parse(string key)
    {
        var parts = key.Split('/');
        return parts.Length == 3 && Number(parts[1], out var shard) && Number(parts[2], out var replica)
            ? new ShardKey(parts[0], shard, replica)
            : throw new ArgumentException($"Shard key '{key}' is not of the form space/shard/replica.", nameof(key));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Space}/{Shard}/{Replica}");

    private static bool Number(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
