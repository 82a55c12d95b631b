using System.Text.Json;
using StackExchange.Redis;

namespace Recs.Cluster.Tests.Processes;

/// <summary>Reads Orleans's membership table as Redis holds it: what the cluster has declared, and nobody's view of it.</summary>
internal static class MembershipTable
{
    private static readonly string[] Statuses = ["None", "Created", "Joining", "Active", "ShuttingDown", "Stopping", "Dead"];

    /// <summary>Status by silo port.</summary>
    /// <param name="rows">Field: the silo's address "IP:PORT@GENERATION"; value: its entry as JSON. Others are passed over.</param>
    public static IReadOnlyDictionary<int, string> Read(IEnumerable<HashEntry> rows)
    {
        var members = new Dictionary<int, string>();
        foreach (var row in rows)
        {
            var address = row.Name.ToString();
            var at = address.IndexOf('@', StringComparison.Ordinal);
            if (at < 0 || !int.TryParse(address.AsSpan(address.LastIndexOf(':', at) + 1, at - address.LastIndexOf(':', at) - 1), out var port))
                continue;
            using var entry = JsonDocument.Parse(row.Value.ToString());
            var status = entry.RootElement.GetProperty("Status");
            members[port] = status.ValueKind == JsonValueKind.Number ? Statuses[status.GetInt32()] : status.GetString()!;
        }

        return members;
    }
}
