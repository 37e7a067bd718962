from know.api import KnowError as KnowError
from know.api import Recorder as Recorder
from know.api import compare as compare
from know.api import diagnose as diagnose
from know.api import nested_subsets as nested_subsets
from know.api import open as open
from know.api import predict as predict
from know.api import recalibrate_norms as recalibrate_norms
