/** Operators of domain ai.onnx.ml, as the runtime's schemas have them; the notation is that of operator-table.ts. */
export const ML_OPERATORS = `
ArrayFeatureExtractor | 1 2 1
Binarizer | 1 1 1 threshold:f
CastMap | 1 1 1 cast_to:s map_form:s max_map:i
CategoryMapper | 1 1 1 cats_int64s:I cats_strings:S default_int64:i default_string:s
DictVectorizer | 1 1 1 int64_vocabulary:I string_vocabulary:S
FeatureVectorizer | 1 1~ 1 inputdimensions:I
Imputer | 1 1 1 imputed_value_floats:F imputed_value_int64s:I replaced_value_float:f replaced_value_int64:i
LabelEncoder | 1 1 1 classes_strings:S default_int64:i default_string:s | 2 1 1 default_float:f default_int64:i
  default_string:s keys_floats:F keys_int64s:I keys_strings:S values_floats:F values_int64s:I values_strings:S | 4 1 1
  default_float:f default_int64:i default_string:s default_tensor:t keys_floats:F keys_int64s:I keys_strings:S
  keys_tensor:t values_floats:F values_int64s:I values_strings:S values_tensor:t
LinearClassifier | 1 1 2 classlabels_ints:I classlabels_strings:S coefficients:F! intercepts:F multi_class:i
  post_transform:s
LinearRegressor | 1 1 1 coefficients:F intercepts:F post_transform:s targets:i
Normalizer | 1 1 1 norm:s
OneHotEncoder | 1 1 1 cats_int64s:I cats_strings:S zeros:i
SVMClassifier | 1 1 2 classlabels_ints:I classlabels_strings:S coefficients:F kernel_params:F kernel_type:s
  post_transform:s prob_a:F prob_b:F rho:F support_vectors:F vectors_per_class:I
SVMRegressor | 1 1 1 coefficients:F kernel_params:F kernel_type:s n_supports:i one_class:i post_transform:s rho:F
  support_vectors:F
Scaler | 1 1 1 offset:F scale:F
TreeEnsemble | 5 1 1 aggregate_function:i leaf_targetids:I! leaf_weights:t! membership_values:t n_targets:i
  nodes_falseleafs:I! nodes_falsenodeids:I! nodes_featureids:I! nodes_hitrates:t nodes_missing_value_tracks_true:I
  nodes_modes:t! nodes_splits:t! nodes_trueleafs:I! nodes_truenodeids:I! post_transform:i tree_roots:I!
TreeEnsembleClassifier | 1 1 2 base_values:F class_ids:I class_nodeids:I class_treeids:I class_weights:F
  classlabels_int64s:I classlabels_strings:S nodes_falsenodeids:I nodes_featureids:I nodes_hitrates:F
  nodes_missing_value_tracks_true:I nodes_modes:S nodes_nodeids:I nodes_treeids:I nodes_truenodeids:I nodes_values:F
  post_transform:s | 3 1 2 base_values:F base_values_as_tensor:t class_ids:I class_nodeids:I class_treeids:I
  class_weights:F class_weights_as_tensor:t classlabels_int64s:I classlabels_strings:S nodes_falsenodeids:I
  nodes_featureids:I nodes_hitrates:F nodes_hitrates_as_tensor:t nodes_missing_value_tracks_true:I nodes_modes:S
  nodes_nodeids:I nodes_treeids:I nodes_truenodeids:I nodes_values:F nodes_values_as_tensor:t post_transform:s | 5 -
TreeEnsembleRegressor | 1 1 1 aggregate_function:s base_values:F n_targets:i nodes_falsenodeids:I nodes_featureids:I
  nodes_hitrates:F nodes_missing_value_tracks_true:I nodes_modes:S nodes_nodeids:I nodes_treeids:I nodes_truenodeids:I
  nodes_values:F post_transform:s target_ids:I target_nodeids:I target_treeids:I target_weights:F | 3 1 1
  aggregate_function:s base_values:F base_values_as_tensor:t n_targets:i nodes_falsenodeids:I nodes_featureids:I
  nodes_hitrates:F nodes_hitrates_as_tensor:t nodes_missing_value_tracks_true:I nodes_modes:S nodes_nodeids:I
  nodes_treeids:I nodes_truenodeids:I nodes_values:F nodes_values_as_tensor:t post_transform:s target_ids:I
  target_nodeids:I target_treeids:I target_weights:F target_weights_as_tensor:t | 5 -
ZipMap | 1 1 1 classlabels_int64s:I classlabels_strings:S
`;
