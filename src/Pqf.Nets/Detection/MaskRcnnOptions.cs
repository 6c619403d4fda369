using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Pqf.Nets.Architectures;

namespace Pqf.Nets.Detection;

/// <summary>Structure and thresholds of a Mask R-CNN. Defaults are those of torchvision's <c>maskrcnn_resnet50_fpn</c>, under its
/// names.</summary>
public sealed record MaskRcnnOptions : FamilyOptions
{
    /// <summary>An architecture's; torchvision's if it has none.</summary>
    /// <exception cref="ArgumentException">They are another family's.</exception>
    public static MaskRcnnOptions Of(Architecture architecture) =>
        architecture.Options switch
        {
            null => new(),
            MaskRcnnOptions own => own,
            var other => throw new ArgumentException(
                $"MaskRcnnOptions: expected the options of a {MaskRcnn.Name}, got {other.GetType().Name}",
                nameof(architecture)
            ),
        };

    /// <summary>The shorter side is resized to this many pixels …</summary>
    public int MinSize { get; init; } = 800;

    /// <summary>… unless the longer one would then have more than this many.</summary>
    public int MaxSize { get; init; } = 1333;

    /// <summary>Both sides are padded with zeros to a multiple of this.</summary>
    public int SizeDivisible { get; init; } = 32;

    /// <summary>Subtracted from each channel, in units of 0 … 1.</summary>
    public ImmutableArray<float> ImageMean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Divides each channel.</summary>
    public ImmutableArray<float> ImageStd { get; init; } = [0.229f, 0.224f, 0.225f];

    /// <summary>ε of the frozen norms: 0 in the released COCO weights, 1e-5 in those that torchvision trains from scratch and in
    /// classifiers'
    /// bodies.</summary>
    public float NormEps { get; init; }

    /// <summary>Channels of every level of the pyramid.</summary>
    public int FpnChannels { get; init; } = 256;

    /// <summary>Features of the box head.</summary>
    public int RepresentationSize { get; init; } = 1024;

    /// <summary>Channels of the mask head's four convolutions and of its transposed one.</summary>
    public int MaskChannels { get; init; } = 256;

    /// <summary>Root of an anchor's area at each level of the pyramid, from the finest, in pixels.</summary>
    public ImmutableArray<float> AnchorSizes { get; init; } = [32, 64, 128, 256, 512];

    /// <summary>Height over width of the anchors at each place.</summary>
    public ImmutableArray<float> AspectRatios { get; init; } = [0.5f, 1, 2];

    /// <summary>Proposals of each level that go into suppression, in training.</summary>
    public int RpnPreNmsTopNTrain { get; init; } = 2000;

    /// <summary>Proposals of each level that go into suppression, else.</summary>
    public int RpnPreNmsTopNTest { get; init; } = 1000;

    /// <summary>Proposals of an image after suppression, in training.</summary>
    public int RpnPostNmsTopNTrain { get; init; } = 2000;

    /// <summary>Proposals of an image after suppression, else.</summary>
    public int RpnPostNmsTopNTest { get; init; } = 1000;

    /// <summary>Overlap (intersection over union) above which the lower of two proposals is suppressed.</summary>
    public float RpnNmsThresh { get; init; } = 0.7f;

    /// <summary>Proposals of a lower probability are left out.</summary>
    public float RpnScoreThresh { get; init; }

    /// <summary>Proposals with a shorter side are left out, in pixels.</summary>
    public float RpnMinBoxSize { get; init; } = 1e-3f;

    /// <summary>Anchors with at least this overlap are objects.</summary>
    public float RpnFgIouThresh { get; init; } = 0.7f;

    /// <summary>Anchors with less overlap are background; those between are neither.</summary>
    public float RpnBgIouThresh { get; init; } = 0.3f;

    /// <summary>Anchors of an image that train.</summary>
    public int RpnBatchSizePerImage { get; init; } = 256;

    /// <summary>At most this part of them are objects.</summary>
    public float RpnPositiveFraction { get; init; } = 0.5f;

    /// <summary>Cells of a box for the box head, a side.</summary>
    public int BoxRoiSize { get; init; } = 7;

    /// <summary>Cells of a box for the mask head, a side; masks have twice as many.</summary>
    public int MaskRoiSize { get; init; } = 14;

    /// <summary>Points sampled in each cell, a side.</summary>
    public int RoiSamplingRatio { get; init; } = 2;

    /// <summary>Root of the area of a box that goes to <see cref="RoiCanonicalLevel"/>, in pixels (Lin et al. 2017, equation 1).</summary>
    public int RoiCanonicalScale { get; init; } = 224;

    /// <summary>Level of such a box; level 2 is the finest.</summary>
    public int RoiCanonicalLevel { get; init; } = 4;

    /// <summary>Detections of a lower probability are left out.</summary>
    public float BoxScoreThresh { get; init; } = 0.05f;

    /// <summary>Overlap above which the lower of two detections of one class is suppressed.</summary>
    public float BoxNmsThresh { get; init; } = 0.5f;

    /// <summary>Most detections of an image.</summary>
    public int BoxDetectionsPerImg { get; init; } = 100;

    /// <summary>Detections with a shorter side are left out, in pixels of the resized image.</summary>
    public float BoxMinSize { get; init; } = 1e-2f;

    /// <summary>Proposals with at least this overlap are objects.</summary>
    public float BoxFgIouThresh { get; init; } = 0.5f;

    /// <summary>Proposals with less are background.</summary>
    public float BoxBgIouThresh { get; init; } = 0.5f;

    /// <summary>Proposals of an image that train.</summary>
    public int BoxBatchSizePerImage { get; init; } = 512;

    /// <summary>At most this part of them are objects.</summary>
    public float BoxPositiveFraction { get; init; } = 0.25f;

    /// <summary>Factors of a proposal's coded differences: x, y, width, height.</summary>
    public ImmutableArray<float> BboxRegWeights { get; init; } = [10, 10, 5, 5];

    /// <summary>Differences of width and height are cut at the logarithm of this.</summary>
    public float BoxScaleClip { get; init; } = 1000f / 16;

    /// <summary>Where the smooth L1 losses become linear.</summary>
    public float SmoothL1Beta { get; init; } = 1f / 9;

    /// <summary>Pixels above this probability are an object's, when masks are pasted.</summary>
    public float MaskThresh { get; init; } = 0.5f;

    /// <summary>Anchors at each place of a level.</summary>
    public int AnchorsPerPlace => AspectRatios.Length;
}

/// <summary>JSON of the options, without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(MaskRcnnOptions))]
sealed partial class MaskRcnnJson : JsonSerializerContext;
