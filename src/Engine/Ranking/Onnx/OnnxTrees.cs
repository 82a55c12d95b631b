using Recs.Engine.Ranking.Trees;

namespace Recs.Engine.Ranking.Onnx;

/// <summary>What a TreeEnsembleRegressor or -Classifier of ai.onnx.ml says. Immutable.</summary>
internal sealed class OnnxTreeEnsemble
{
    public required DecisionTree[] Trees { get; init; }

    /// <summary>For each tree, leaves x <see cref="Targets"/>.</summary>
    public required float[][] Weights { get; init; }

    public required int Targets { get; init; }

    /// <summary>Added to each target.</summary>
    public required float[] Base { get; init; }

    public required string PostTransform { get; init; }

    /// <summary>Columns that a row needs at least.</summary>
    public required int Features { get; init; }

    /// <summary>Labels of the classes; null for a regressor.</summary>
    public long[]? Labels { get; init; }

    /// <summary>A classifier of two labels whose leaves speak of one: the other is worked out.</summary>
    public bool IsBinary { get; init; }

    /// <summary>Of a single target, as the ranker scores it.</summary>
    public TreeEnsemble Single(int features)
    {
        if (Targets != 1)
            throw new InvalidDataException($"ONNX: an ensemble of {Targets} targets where one belongs.");
        var trees = Trees.Select((tree, t) => new DecisionTree
        {
            Feature = tree.Feature,
            Threshold = tree.Threshold,
            Left = tree.Left,
            Right = tree.Right,
            MissingLeft = tree.MissingLeft,
            Cover = tree.Cover,
            LeafValue = Weights[t],
            LeafCover = tree.LeafCover,
        }).ToArray();
        return new TreeEnsemble(features, Base[0], trees);
    }
}

/// <summary>Reads the flat lists of a tree-ensemble node into trees.</summary>
internal static class OnnxTrees
{
    public static OnnxTreeEnsemble Parse(OnnxNode node)
    {
        var isClassifier = node.Operator == "TreeEnsembleClassifier";
        var prefix = isClassifier ? "class" : "target";
        var reader = new Lists(node, prefix);
        if (node.Attributes.TryGetValue("aggregate_function", out var aggregate) && aggregate.Text != "SUM")
            throw new InvalidDataException($"ONNX: {node.Operator} that aggregates by {aggregate.Text} is not supported.");
        foreach (var unsupported in new[] { "nodes_values_as_tensor", "target_weights_as_tensor", "class_weights_as_tensor", "base_values_as_tensor", "classlabels_strings" })
        {
            if (node.Attributes.ContainsKey(unsupported))
                throw new InvalidDataException($"ONNX: {node.Operator} with {unsupported} is not supported.");
        }

        var labels = isClassifier ? reader.Labels : null;
        if (isClassifier && labels!.Length == 0)
            throw new InvalidDataException("ONNX: a TreeEnsembleClassifier without labels.");
        var ids = reader.WeightIds;
        var named = isClassifier ? labels!.Length : (int)Math.Clamp(reader.Int("n_targets", 1), 1, 10_000);
        // Two labels of which the leaves name one: a single score.
        var binary = isClassifier && named == 2 && ids.Distinct().Count() == 1;
        var targets = binary ? 1 : named;
        if (ids.Any(id => id < 0 || id >= (isClassifier ? named : targets)))
            throw new InvalidDataException("ONNX: a leaf names a target that there is not.");
        var baseValues = reader.Floats("base_values");
        if (baseValues.Count != 0 && baseValues.Count != targets)
            throw new InvalidDataException($"ONNX: {baseValues.Count} base values for {targets} targets.");
        var post = node.Attributes.TryGetValue("post_transform", out var transform) ? transform.Text : "NONE";
        if (post is not ("NONE" or "LOGISTIC" or "SOFTMAX"))
            throw new InvalidDataException($"ONNX: {node.Operator} with the post transform {post} is not supported.");
        var (trees, weights) = reader.Trees(targets, binary);
        return new OnnxTreeEnsemble
        {
            Trees = trees,
            Weights = weights,
            Targets = targets,
            Base = baseValues.Count == 0 ? new float[targets] : [.. baseValues],
            PostTransform = post,
            Features = 1 + trees.Max(t => t.Feature.DefaultIfEmpty(0).Max()),
            Labels = labels,
            IsBinary = binary,
        };
    }

    private sealed class Lists
    {
        private readonly OnnxNode _node;
        private readonly string _prefix;
        private readonly int _count;
        private readonly IReadOnlyList<long> _trees, _ids, _features, _true, _false, _missing, _weightTrees, _weightNodes;
        private readonly IReadOnlyList<float> _values, _hits, _weights;
        private readonly IReadOnlyList<string> _modes;

        public Lists(OnnxNode node, string prefix)
        {
            (_node, _prefix) = (node, prefix);
            _trees = Ints("nodes_treeids");
            _count = _trees.Count;
            (_ids, _features) = (Ints("nodes_nodeids"), Ints("nodes_featureids"));
            (_true, _false, _missing) = (Ints("nodes_truenodeids"), Ints("nodes_falsenodeids"), Ints("nodes_missing_value_tracks_true"));
            (_values, _hits) = (Floats("nodes_values"), Floats("nodes_hitrates"));
            _modes = node.Attributes.TryGetValue("nodes_modes", out var modes) ? modes.Texts : [];
            (_weightTrees, _weightNodes, WeightIds) = (Ints(prefix + "_treeids"), Ints(prefix + "_nodeids"), Ints(prefix + "_ids"));
            _weights = Floats(prefix + "_weights");
            if (_count == 0 || new[] { _ids.Count, _features.Count, _true.Count, _false.Count, _values.Count, _modes.Count }.Any(c => c != _count)
                || _missing.Count != 0 && _missing.Count != _count || _hits.Count != 0 && _hits.Count != _count
                || new[] { _weightTrees.Count, _weightNodes.Count, WeightIds.Count }.Any(c => c != _weights.Count))
            {
                throw new InvalidDataException($"ONNX: the lists of {node.Operator} are empty or not of one length.");
            }
        }

        public IReadOnlyList<long> WeightIds { get; }

        public long[] Labels => [.. Ints("classlabels_int64s")];

        public IReadOnlyList<float> Floats(string name) => _node.Attributes.TryGetValue(name, out var a) ? a.Floats : [];

        public long Int(string name, long otherwise) => _node.Attributes.TryGetValue(name, out var a) ? a.Int : otherwise;

        public (DecisionTree[] Trees, float[][] Weights) Trees(int targets, bool binary)
        {
            var byTree = new Dictionary<long, List<int>>();
            for (var i = 0; i < _count; i++)
            {
                if (!byTree.TryGetValue(_trees[i], out var members))
                    byTree[_trees[i]] = members = [];
                members.Add(i);
            }

            var leafWeights = new Dictionary<(long, long), List<int>>();
            for (var w = 0; w < _weights.Count; w++)
            {
                if (!leafWeights.TryGetValue((_weightTrees[w], _weightNodes[w]), out var of))
                    leafWeights[(_weightTrees[w], _weightNodes[w])] = of = [];
                of.Add(w);
            }

            if (byTree.Count > TreeEnsemble.MaxTrees)
                throw new InvalidDataException($"ONNX: {byTree.Count} trees; legal is up to {TreeEnsemble.MaxTrees}.");
            var built = byTree.OrderBy(t => t.Key).Select(t => Tree(t.Key, t.Value, leafWeights, targets, binary)).ToArray();
            for (var t = 0; t < built.Length; t++)
                built[t].Tree.Validate(t, int.MaxValue);
            return ([.. built.Select(b => b.Tree)], [.. built.Select(b => b.Weights)]);
        }

        private IReadOnlyList<long> Ints(string name) => _node.Attributes.TryGetValue(name, out var a) ? a.Ints : [];

        private (DecisionTree Tree, float[] Weights) Tree(
            long tree, List<int> members, Dictionary<(long, long), List<int>> leafWeights, int targets, bool binary)
        {
            var at = new Dictionary<long, int>(members.Count);
            foreach (var m in members)
            {
                if (!at.TryAdd(_ids[m], m))
                    throw new InvalidDataException($"ONNX: tree {tree} has node {_ids[m]} twice.");
            }

            var children = members.Where(m => _modes[m] != "LEAF").SelectMany(m => new[] { _true[m], _false[m] }).ToHashSet();
            var roots = members.Where(m => !children.Contains(_ids[m])).ToArray();
            if (roots.Length != 1)
                throw new InvalidDataException($"ONNX: tree {tree} has {roots.Length} roots.");

            var (feature, threshold, left, right, missing, cover) = (new List<int>(), new List<float>(), new List<int>(), new List<int>(), new List<bool>(), new List<double>());
            var (leafCover, weights) = (new List<double>(), new List<float>());
            var seen = new HashSet<int>();
            var open = new Stack<(int Member, int Parent, bool IsLeft)>();
            open.Push((roots[0], -1, false));
            while (open.TryPop(out var next))
            {
                if (!seen.Add(next.Member))
                    throw new InvalidDataException($"ONNX: tree {tree} reaches node {_ids[next.Member]} twice.");
                var m = next.Member;
                var hits = _hits.Count > 0 && _hits[m] > 0 && float.IsFinite(_hits[m]) ? _hits[m] : 1.0;
                int child;
                if (_modes[m] == "LEAF")
                {
                    child = ~leafCover.Count;
                    leafCover.Add(hits);
                    AddWeights(tree, m, leafWeights, targets, binary, weights);
                }
                else
                {
                    child = feature.Count;
                    var (value, mirrored) = Rule(_modes[m], _values[m]);
                    feature.Add(_features[m] is >= 0 and <= 1_000_000 ? (int)_features[m] : throw new InvalidDataException($"ONNX: a node reads feature {_features[m]}."));
                    threshold.Add(value);
                    missing.Add(_missing.Count > 0 && _missing[m] != 0 != mirrored || _missing.Count == 0 && mirrored);
                    cover.Add(hits);
                    left.Add(0);
                    right.Add(0);
                    var (yes, no) = mirrored ? (_false[m], _true[m]) : (_true[m], _false[m]);
                    open.Push((Member(no), child, false));
                    open.Push((Member(yes), child, true));
                }

                if (next.Parent >= 0)
                    (next.IsLeft ? left : right)[next.Parent] = child;
            }

            int Member(long id) => at.TryGetValue(id, out var member) ? member : throw new InvalidDataException($"ONNX: tree {tree} has no node {id}.");

            // Without counts every leaf weighs the same, and a node as much as its leaves.
            for (var n = feature.Count - 1; n >= 0 && _hits.Count == 0; n--)
                cover[n] = Of(left[n]) + Of(right[n]);
            double Of(int child) => child >= 0 ? cover[child] : leafCover[~child];

            return (new DecisionTree
            {
                Feature = [.. feature],
                Threshold = [.. threshold],
                Left = [.. left],
                Right = [.. right],
                MissingLeft = [.. missing],
                Cover = [.. cover],
                LeafValue = new float[leafCover.Count],
                LeafCover = [.. leafCover],
            }, [.. weights]);
        }

        private void AddWeights(
            long tree, int member, Dictionary<(long, long), List<int>> leafWeights, int targets, bool binary, List<float> weights)
        {
            var start = weights.Count;
            for (var t = 0; t < targets; t++)
                weights.Add(0);
            foreach (var w in leafWeights.GetValueOrDefault((tree, _ids[member])) ?? [])
                weights[start + (binary ? 0 : (int)WeightIds[w])] += float.IsFinite(_weights[w]) ? _weights[w] : throw new InvalidDataException("ONNX: a leaf's weight is not finite.");
        }

        /// <summary>Every comparison as "at most": x &lt; v is at most the float below v; the others with their sides exchanged.</summary>
        private static (float Threshold, bool Mirrored) Rule(string mode, float value)
        {
            if (float.IsNaN(value))
                throw new InvalidDataException("ONNX: a threshold is not a number.");
            return mode switch
            {
                "BRANCH_LEQ" => (value, false),
                "BRANCH_LT" => (MathF.BitDecrement(value), false),
                "BRANCH_GT" => (value, true),
                "BRANCH_GTE" => (MathF.BitDecrement(value), true),
                _ => throw new InvalidDataException($"ONNX: a tree node of mode {mode} is not supported."),
            };
        }
    }
}
