using Pqf.Nets.Detection;

namespace Pqf.Cli.Configuration;

/// <summary>Keys of <c>model.maskrcnn</c>, under torchvision's names; null keeps what the network's file says, or torchvision's.</summary>
sealed record MaskRcnnConfig
{
    /// <summary><c>min_size</c>: pixels of the shorter side …</summary>
    public int? MinSize { get; init; }

    /// <summary><c>max_size</c>: … unless the longer one would have more than this.</summary>
    public int? MaxSize { get; init; }

    /// <summary><c>rpn_pre_nms_top_n_train</c>: proposals of a level before suppression.</summary>
    public int? RpnPreNmsTopNTrain { get; init; }

    /// <summary><c>rpn_pre_nms_top_n_test</c>.</summary>
    public int? RpnPreNmsTopNTest { get; init; }

    /// <summary><c>rpn_post_nms_top_n_train</c>: proposals of an image after suppression.</summary>
    public int? RpnPostNmsTopNTrain { get; init; }

    /// <summary><c>rpn_post_nms_top_n_test</c>.</summary>
    public int? RpnPostNmsTopNTest { get; init; }

    /// <summary><c>rpn_batch_size_per_image</c>: anchors that train.</summary>
    public int? RpnBatchSizePerImage { get; init; }

    /// <summary><c>box_batch_size_per_image</c>: proposals that train.</summary>
    public int? BoxBatchSizePerImage { get; init; }

    /// <summary><c>box_score_thresh</c>: least probability of a detection.</summary>
    public float? BoxScoreThresh { get; init; }

    /// <summary><c>box_nms_thresh</c>: overlap above which the lower of two detections is suppressed.</summary>
    public float? BoxNmsThresh { get; init; }

    /// <summary><c>box_detections_per_img</c>: most detections.</summary>
    public int? BoxDetectionsPerImg { get; init; }

    /// <summary>The options with these keys over them; null if neither are given.</summary>
    public MaskRcnnOptions? Over(MaskRcnnOptions? found)
    {
        if (this == new MaskRcnnConfig())
            return found;
        var options = found ?? new MaskRcnnOptions();
        return options with
        {
            MinSize = MinSize ?? options.MinSize,
            MaxSize = MaxSize ?? options.MaxSize,
            RpnPreNmsTopNTrain = RpnPreNmsTopNTrain ?? options.RpnPreNmsTopNTrain,
            RpnPreNmsTopNTest = RpnPreNmsTopNTest ?? options.RpnPreNmsTopNTest,
            RpnPostNmsTopNTrain = RpnPostNmsTopNTrain ?? options.RpnPostNmsTopNTrain,
            RpnPostNmsTopNTest = RpnPostNmsTopNTest ?? options.RpnPostNmsTopNTest,
            RpnBatchSizePerImage = RpnBatchSizePerImage ?? options.RpnBatchSizePerImage,
            BoxBatchSizePerImage = BoxBatchSizePerImage ?? options.BoxBatchSizePerImage,
            BoxScoreThresh = BoxScoreThresh ?? options.BoxScoreThresh,
            BoxNmsThresh = BoxNmsThresh ?? options.BoxNmsThresh,
            BoxDetectionsPerImg = BoxDetectionsPerImg ?? options.BoxDetectionsPerImg,
        };
    }
}
